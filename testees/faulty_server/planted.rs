//! The mistakes that can be planted in `faulty_server`, and its odd but right habits.
//!
//! A name is a variant, so a misspelt one does not compile.

planted! {
    /// A mistake: its name, the requirement that it breaks, and what it is.
    pub enum Fault {
        LengthLittleEndian = "length-little-endian", "LEN-1", "reads lengths least significant octet first";
        ReplyLengthLittleEndian = "reply-length-little-endian", "LEN-1", "writes lengths least significant octet first";
        Length16Bit = "length-16-bit", "LEN-1", "uses the lower half of the length only";
        Length24Bit = "length-24-bit", "LEN-1", "drops the first octet of the length";
        LengthSignedOctets = "length-signed-octets", "LEN-1", "takes each octet of the length for signed";
        LengthSigned = "length-signed", "LEN-4", "takes a length with its top bit for negative, and for empty";
        LengthSignedClosesNot = "length-signed-closes-not", "LEN-4", "takes a negative length for its absolute value";
        LengthCountsItself = "length-counts-itself", "FRM-1", "takes lengths to count themselves";
        ReplyLengthCountsItself = "reply-length-counts-itself", "FRM-1", "writes lengths that count themselves";
        PayloadUntilNul = "payload-until-nul", "FRM-1", "skips what looks like a frame inside a payload";
        ShortLength = "short-length", "FRM-2", "takes a short read of the length for a whole one";
        ShortPayload = "short-payload", "FRM-2", "takes a short read of the payload for a whole one";
        LostBetween = "lost-between", "FRM-2", "forgets a length when the payload comes later";
        LostThirdOctet = "lost-third-octet", "FRM-2", "loses step when the length is cut after its third octet";
        LostAtTwoMib = "lost-at-two-mib", "FRM-2", "as above, for multiples of 2 MiB only";
        TimerDrops = "timer-drops", "FRM-2", "drops what it has of a frame when the rest takes 200 ms";
        OneFrameARead = "one-frame-a-read", "FRM-3", "drops what came behind a frame in the same read";
        HalfFrameDropped = "half-frame-dropped", "FRM-3", "drops half a frame that came behind a whole one";
        AtMostTenARead = "at-most-ten-a-read", "FRM-3", "handles at most ten frames of one read";
        AtMostThousandARead = "at-most-thousand-a-read", "FRM-3", "handles at most a thousand frames of one read";
        EmptySkipped = "empty-skipped", "FRM-4", "passes over empty frames";
        EmptyIsEnd = "empty-is-end", "FRM-4", "takes an empty frame for the end";
        TruncatedDelivered = "truncated-delivered", "FRM-6", "delivers the part of a frame that came before the end";
        Limit4096 = "limit-4096", "FRM-7", "refuses payloads above 4,096 octets";
        Limit65535 = "limit-65535", "FRM-7", "refuses a payload of 65,536 octets";
        LimitOffByOne = "limit-off-by-one", "FRM-7", "refuses a payload of exactly its limit";
        SizeWraps = "size-wraps", "FRM-7", "adds to lengths in 32 bits, and ends on the octets that follow";
        LimitIgnored = "limit-ignored", "FRM-7", "reads a payload above its limit";
        LimitLate = "limit-late", "FRM-7", "refuses a payload above its limit once it has come";
        MemoryAnnounced = "memory-announced", "FRM-8", "fills memory by the announced length";
        PartialWrite = "partial-write", "FRM-9", "takes a partial write for a whole one";
        FramesInterleave = "frames-interleave", "FRM-9", "answers by two threads, each of which writes a length and then a payload";
        ReplyLengthCharacters = "reply-length-characters", "MSG-1", "writes lengths in characters";
        DecodeChunks = "decode-chunks", "MSG-2", "decodes each chunk as it comes";
        Utf8Lossy = "utf8-lossy", "MSG-3", "repairs what is not UTF-8";
        Utf8Latin1 = "utf8-latin1", "MSG-3", "takes what is not UTF-8 for Latin-1";
        Utf8Surrogates = "utf8-surrogates", "MSG-3", "accepts surrogates";
        Utf8Overlong = "utf8-overlong", "MSG-3", "accepts overlong forms";
        Utf8Above = "utf8-above", "MSG-3", "accepts values above U+10FFFF";
        Utf8CutShort = "utf8-cut-short", "MSG-3", "drops a character cut short by the end of the frame";
        Trim = "trim", "MSG-4", "trims white space";
        TrimLineEnd = "trim-line-end", "MSG-4", "drops a line end";
        NulEnds = "nul-ends", "MSG-4", "ends texts at U+0000";
        BomStripped = "bom-stripped", "MSG-4", "drops U+FEFF at the beginning";
        CrlfNormalised = "crlf-normalised", "MSG-4", "makes CR LF one LF";
        Composed = "composed", "MSG-4", "composes e and its accent";
        Greeting = "greeting", "SES-1", "greets";
        QuitAnswered = "quit-answered", "SES-2", "answers q";
        QuitStays = "quit-stays", "SES-2", "does not close after q";
        QuitGoesOn = "quit-goes-on", "SES-2", "answers what follows q";
        QuitUpperUnknown = "quit-upper-unknown", "SES-2", "does not know Q";
        CommandsAnyCase = "commands-any-case", "SES-3", "takes File and qUIT for commands";
        CommandsTrimmed = "commands-trimmed", "SES-3", "takes commands with white space";
        QuitPrefix = "quit-prefix", "SES-3", "takes everything that begins with q for q";
        FilePrefix = "file-prefix", "SES-3", "takes everything that begins with file for file";
        FileUpperUnknown = "file-upper-unknown", "SES-3", "does not know FILE";
        EmptyUnanswered = "empty-unanswered", "SES-4", "does not answer the empty message";
        DoubleReply = "double-reply", "SES-4", "answers twice";
        RepeatsUnanswered = "repeats-unanswered", "SES-4", "does not answer the same text twice";
        ReplyWithoutZeros = "reply-without-zeros", "SES-5", "writes numbers without leading zeros";
        ReplyMonthMinute = "reply-month-minute", "SES-5", "writes the minute in the month's place";
        ReplyAsciiQuotes = "reply-ascii-quotes", "SES-5", "writes ASCII quotation marks";
        ReplyBare = "reply-bare", "SES-5", "sends the text back";
        ReplyNewline = "reply-newline", "SES-5", "ends replies with a line end";
        PipelinedLastOnly = "pipelined-last-only", "SES-6", "answers only the last of several messages in one read";
        HalfCloseDrops = "half-close-drops", "SES-7", "drops replies when the client has ended its side";
        HalfCloseStays = "half-close-stays", "SES-7", "does not close after the client has ended its side";
        ErrorStays = "error-stays", "SES-8", "does not close after a protocol error";
        ErrorPassedOver = "error-passed-over", "SES-8", "passes over a broken message";
        ErrorAnswered = "error-answered", "SES-8", "sends an error message before it closes";
        ErrorKillsProcess = "error-kills-process", "SES-8", "ends the process at a protocol error";
        ErrorKillsOthers = "error-kills-others", "SES-8", "closes all connections at a protocol error";
        OverLimitHangs = "over-limit-hangs", "SES-9", "leaves a connection over the limit hanging";
        SlotLeaksOnError = "slot-leaks-on-error", "SES-9", "loses a slot at each protocol error";
        SlotLeaksOnCut = "slot-leaks-on-cut", "SES-9", "loses a slot at each abrupt end";
        GoneEndsAll = "gone-ends-all", "SES-9", "ends when a client is gone before it is accepted";
        OneAtATime = "one-at-a-time", "SES-10", "serves one client at a time";
        HeaderFirstComma = "header-first-comma", "TRF-1", "splits the header at the first comma";
        LengthSign = "length-sign", "TRF-2", "accepts a sign";
        LengthSpace = "length-space", "TRF-2", "accepts white space around the length";
        LengthUnderscore = "length-underscore", "TRF-2", "accepts underscores in the length";
        LengthAnyDigits = "length-any-digits", "TRF-2", "accepts digits of other scripts";
        LengthWraps = "length-wraps", "TRF-2", "takes the length modulo 2^32";
        LengthPrefix = "length-prefix", "TRF-2", "stops at the first octet that is no digit";
        BodyTextMode = "body-text-mode", "TRF-3", "makes CR LF one LF in bodies";
        TemporaryShared = "temporary-shared", "TRF-3", "has one temporary name for all files, and does not mind when it is gone";
        BodyOverread = "body-overread", "TRF-4", "takes what comes behind a body into the file";
        BodyDropped = "body-dropped", "TRF-4", "drops what comes behind a body";
        BodyOffByOne = "body-off-by-one", "TRF-4", "takes one octet more than the body";
        BodyMultiple = "body-multiple", "TRF-4", "loses step when the body is a multiple of 4,096";
        EmptyBodyWaits = "empty-body-waits", "TRF-5", "waits for an octet of an empty body";
        EmptyBodyNothing = "empty-body-nothing", "TRF-5", "stores no empty file";
        TransferAcknowledged = "transfer-acknowledged", "TRF-6", "replies to a transfer";
        NameBasename = "name-basename", "TRF-7", "takes the last part of a path for a name";
        NameAny = "name-any", "TRF-7", "accepts any name that its system takes";
        NameNoSpaces = "name-no-spaces", "TRF-7", "refuses spaces";
        NameNoDots = "name-no-dots", "TRF-7", "refuses leading dots";
        NameAscii = "name-ascii", "TRF-7", "refuses names beyond ASCII";
        Name100 = "name-100", "TRF-7", "refuses names above 100 octets";
        Traversal = "traversal", "TRF-8", "joins any name to its directory";
        FollowsLinks = "follows-links", "TRF-8", "writes through symbolic links";
        CopyBeside = "copy-beside", "TRF-8", "keeps a copy of a file beside its directory";
        PartialKept = "partial-kept", "TRF-9", "keeps a body that was cut short";
        PartialVisible = "partial-visible", "TRF-9", "writes under the final name, and removes it if cut short";
        OldLost = "old-lost", "TRF-9", "removes the old file first";
        KeepsOld = "keeps-old", "TRF-10", "does not replace an old file";
        WritesOver = "writes-over", "TRF-10", "writes over an old file without shortening it";
        BodyInMemory = "body-in-memory", "TRF-11", "holds the body in memory";
        WriteErrorsIgnored = "write-errors-ignored", "TRF-11", "passes over a file that cannot be written";
        FullDiskIgnored = "full-disk-ignored", "TRF-11", "goes on when a file has 64 MiB and nothing more can be written";
        CommandSha256Unknown = "vtr-sha256-unknown", "VTR-2", "knows file+md5 only, and takes file+sha256 for text";
        CommandAnyDigest = "vtr-any-digest", "VTR-1", "takes everything that begins with file+ for file+md5";
        CommandAnyCase = "vtr-any-case", "VTR-1", "takes FILE+MD5 for the command";
        CommandTrimmed = "vtr-trimmed", "VTR-1", "takes the command with a blank behind it";
        ReadyMissing = "vtr-no-ready", "VTR-2", "does not say that it is ready";
        ReadyBare = "vtr-bare-ready", "VTR-2", "says ready without the command";
        DigestAnyCase = "vtr-digest-any-case", "VTR-2", "takes a digest in capitals";
        DigestPrefix = "vtr-digest-prefix", "VTR-2", "takes a digest whose digits are right as far as they go";
        DigestLonger = "vtr-digest-longer", "VTR-2", "takes a digest with octets too many";
        DigestNoneIsMismatch = "vtr-no-digest-is-mismatch", "VTR-2", "answers mismatch to what is no digest";
        DigestIgnored = "vtr-digest-ignored", "VTR-3", "says ok whatever the digest";
        DigestOfFirst = "vtr-digest-of-first-block", "VTR-3", "computes the digest of the first 100 octets";
        DigestGoesOn = "vtr-digest-goes-on", "VTR-3", "computes digests over all files of a session";
        MismatchKept = "vtr-mismatch-kept", "VTR-3", "says mismatch and keeps the file";
        MismatchLosesOld = "vtr-mismatch-loses-old", "VTR-3", "removes an old file at a mismatch";
        MismatchCloses = "vtr-mismatch-closes", "VTR-3", "closes after a mismatch";
        OkWithoutFile = "vtr-ok-without-file", "VTR-3", "says ok and stores nothing";
        OkBehindNext = "vtr-answers-late", "VTR-3", "answers a digest once the next message has come";
        NotStoredIsOk = "vtr-not-stored-is-ok", "VTR-5", "says ok to a file that could not be stored";
        StoredBeforeDigest = "vtr-stored-before-digest", "VTR-4", "stores the file as soon as its body is whole";
        EndIsMismatch = "vtr-end-is-mismatch", "VTR-4", "answers mismatch to an end before the digest";
    }
}

planted! {
    /// A habit that is odd and allowed: no case may fail for it.
    pub enum Habit {
        OneOctetReplies = "one-octet-replies", "", "writes each octet of a reply of up to 4 KiB on its own";
        SlowReplies = "slow-replies", "", "takes 2 ms before each reply";
        Chatty = "chatty", "", "writes a line to standard error for each message";
        SmallReads = "small-reads", "", "reads at most 3 octets at a time";
        Restless = "restless", "", "has a thread that never rests for long";
        Resets = "resets", "", "closes with a reset after a protocol error";
        Lingering = "lingering", "", "ends its sending side first, and reads on until the client closes";
        ZerosRefused = "zeros-refused", "", "refuses leading zeros in the length of a file";
        Extension = "extension", "", "knows of digests behind files, and announces them";
        HoldsDirectory = "holds-directory", "", "holds its directory open, and stores into it wherever it is moved";
    }
}
