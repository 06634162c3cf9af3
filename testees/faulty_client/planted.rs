//! The mistakes that can be planted in `faulty_client`, and its odd but right habits.
//!
//! A name is a variant, so a misspelt one does not compile.

planted! {
    /// A mistake: its name, the requirement that it breaks, and what it is.
    pub enum Fault {
        LittleEndian = "little-endian", "LEN-1", "writes lengths least significant octet first";
        TwoOctets = "two-octets", "LEN-1", "writes lengths of two octets";
        CountsItself = "counts-itself", "FRM-1", "counts the length's own octets";
        NoLength = "no-length", "FRM-1", "sends texts as they are";
        Characters = "characters", "MSG-1", "counts characters";
        Utf16Units = "utf-16-units", "MSG-1", "counts units of UTF-16";
        Latin1 = "latin-1", "MSG-3", "encodes what it can in Latin-1";
        DecodesChunks = "decodes-chunks", "MSG-2", "decodes each piece of a reply as it comes";
        LossyReplies = "lossy-replies", "MSG-3", "repairs replies that are not UTF-8";
        Trims = "trims", "MSG-4", "trims what was typed";
        LineEnd = "line-end", "MSG-4", "sends the end of the line";
        NulEnds = "nul-ends", "MSG-4", "takes U+0000 for the end";
        RepeatDropped = "repeat-dropped", "FRM-1", "drops a text that is the same as the one before";
        StripsMark = "strips-mark", "MSG-4", "strips U+FEFF at the start";
        StaleText = "stale-text", "MSG-4", "sends its first text again";
        ShortLength = "short-length", "FRM-2", "takes what one read gives for a whole length";
        ShortReply = "short-reply", "FRM-2", "takes what one read gives for a whole reply";
        LongReplyShort = "long-reply-short", "FRM-2", "takes a reply of more than 1,024 octets for whole then";
        GivesUpOnShortReads = "gives-up-on-short-reads", "FRM-2", "gives up when one read does not bring it all";
        OneReadAReply = "one-read-a-reply", "FRM-2", "takes what one read gives for a length and all of its payload";
        TimerDrops = "timer-drops", "FRM-2", "drops what it has of a reply when the rest takes 100 ms";
        TailLost = "tail-lost", "FRM-3", "drops what comes behind a reply";
        CutIsWhole = "cut-is-whole", "FRM-6", "asks for what is to be typed, and shows what came of a reply when the stream ends";
        Quiet = "quiet", "FRM-6", "asks for what is to be typed, and never says what went wrong";
        NoErrorAtEnd = "no-error-at-end", "SES-11", "says goodbye as if all were well when a reply is missing";
        PartialWrite = "partial-write", "FRM-9", "writes no more than 100,000 octets of a message";
        OneBehind = "one-behind", "SES-11", "goes on after a second without a reply, and takes it for the next one";
        TwoSenders = "two-senders", "FRM-9", "sends by two threads, each of which writes a length and then a text";
        BodyBeside = "body-beside", "FRM-9", "sends a file beside what is typed next";
        NoQuit = "no-quit", "SES-12", "closes without `q`";
        Stays = "stays", "SES-12", "sends `q` and does not close";
        ExtraQuit = "extra-quit", "SES-12", "sends `q` twice";
        NoComma = "no-comma", "TRF-1", "puts a space between name and length";
        BaseNameOnly = "base-name-only", "TRF-1", "cuts a name at its first comma";
        LengthFirst = "length-first", "TRF-1", "puts the length before the name";
        HeaderSpace = "header-space", "TRF-2", "writes a space behind the comma";
        LeadingZeros = "leading-zeros", "TRF-2", "writes ten digits always";
        HeaderLineEnd = "header-line-end", "TRF-2", "ends the header with a line end";
        FramedBody = "framed-body", "TRF-3", "puts the body into a frame";
        FramedChunks = "framed-chunks", "TRF-3", "puts each chunk of a body into a frame";
        TextMode = "text-mode", "TRF-3", "turns \\n into \\r\\n";
        EmptyAsOne = "empty-as-one", "TRF-13", "sends an octet for an empty file";
        AwaitsAcknowledgement = "awaits-acknowledgement", "TRF-6", "waits for a reply to a file";
        Path = "path", "TRF-7", "sends whatever path was typed";
        CommandFirst = "command-first", "TRF-12", "sends the command before it looks for the file";
        MissingIsEmpty = "missing-is-empty", "TRF-12", "sends an empty file where there is none";
        SizeWraps = "size-wraps", "TRF-12", "takes the size modulo 2^32";
        OneTooMany = "one-too-many", "TRF-13", "sends an octet more than announced";
        OneTooFew = "one-too-few", "TRF-13", "sends an octet less than announced";
        WhatIsThere = "what-is-there", "TRF-13", "sends the file to its end, however long that is";
        Pads = "pads", "TRF-13", "fills up with zeros what is missing";
        GoesOnWhenShort = "goes-on-when-short", "TRF-13", "goes on when the file was shorter than announced";
        LeavesEarly = "leaves-early", "TRF-13", "ends before what it has to send is written";
        OneCall = "one-call", "TRF-13", "has one call of the system send a whole file, which ends at 2 GiB";
        ChunkTooMuch = "chunk-too-much", "TRF-13", "sends whole chunks of 4,096 octets only";
        NoExtension = "vtr-no-extension", "VTR-1", "takes the commands of verified transfers for text";
        HeaderAtOnce = "vtr-header-at-once", "VTR-1", "sends the header without waiting for an answer";
        AnyReplyIsReady = "vtr-any-reply-is-ready", "VTR-1", "takes any answer for ready";
        ContainsReady = "vtr-contains-ready", "VTR-1", "takes any answer that has ready in it for ready";
        FallsBackSilently = "vtr-falls-back-silently", "VTR-1", "says the same of a file that is not verified";
        NoDigest = "vtr-no-digest", "VTR-2", "sends no digest";
        NoDigestOfNothing = "vtr-no-digest-of-nothing", "VTR-2", "sends no digest of an empty file";
        DigestCapitals = "vtr-digest-capitals", "VTR-2", "writes the digest in capitals";
        DigestLineEnd = "vtr-digest-line-end", "VTR-2", "ends the digest with a line end";
        DigestNamed = "vtr-digest-named", "VTR-2", "sends the name after the digest, as md5sum does";
        DigestOctets = "vtr-digest-octets", "VTR-2", "sends the octets of the digest";
        DigestBare = "vtr-digest-bare", "VTR-2", "sends the digest without a length";
        DigestOfTheOther = "vtr-digest-of-the-other", "VTR-2", "sends the digest of the other command";
        DigestNumber = "vtr-digest-number", "VTR-2", "writes the digest as a number, without zeros at its start";
        DigestNoZeros = "vtr-digest-no-zeros", "VTR-2", "writes each octet of the digest as a number, without zeros";
        DigestOfNothing = "vtr-digest-of-nothing", "VTR-2", "sends the digest of nothing";
        DigestWithHeader = "vtr-digest-with-header", "VTR-2", "has the header in the digest";
        DigestOneRead = "vtr-digest-one-read", "VTR-2", "digests the first 4,096 octets";
        DigestWholeBuffer = "vtr-digest-whole-buffer", "VTR-2", "digests the whole buffer of 4,096 octets each time";
        DigestGoesOn = "vtr-digest-goes-on", "VTR-2", "never begins a new digest";
        DigestReadAgain = "vtr-digest-read-again", "VTR-2", "reads the file again for the digest";
        LineBeforeDigest = "vtr-line-before-digest", "VTR-2", "sends what is typed before the digest";
        SkipsDigest = "vtr-skips-digest", "VTR-2", "sends no digest if there is an answer already";
        AnyAnswerIsOk = "vtr-any-answer-is-ok", "VTR-3", "takes any answer to the digest for ok";
        ContainsOk = "vtr-contains-ok", "VTR-3", "takes any answer that has ok in it for ok";
        ReadyIsOk = "vtr-ready-is-ok", "VTR-3", "takes any answer but mismatch and a refusal for ok";
        MismatchUnsaid = "vtr-mismatch-unsaid", "VTR-3", "says of a mismatch that the file is stored";
        RefusalUnsaid = "vtr-refusal-unsaid", "VTR-5", "says of a refusal that the file is stored";
        MismatchStuck = "vtr-mismatch-stuck", "VTR-3", "waits for more after a mismatch";
        RefusalStuck = "vtr-refusal-stuck", "VTR-5", "waits for more after a refusal";
        AnswerShortRead = "vtr-answer-short-read", "FRM-2", "takes what one read gives for a whole answer";
        AnswerByTimer = "vtr-answer-by-timer", "SES-11", "waits 800 ms for the answer to the digest, and goes on";
        LossUnsaid = "vtr-loss-unsaid", "SES-11", "ends as if all were well when an answer is missing";
        CommandBeforeFile = "vtr-command-before-file", "TRF-12", "sends the command before it looks for the file";
        QuitUnsaid = "vtr-no-quit", "SES-12", "closes without q after a verified file";
        NameCut = "vtr-name-cut", "TRF-1", "cuts the name of a verified file at its first comma";
        VerifiedGrows = "vtr-sends-growth", "TRF-13", "sends a verified file to its end, however long that is";
    }
}

planted! {
    /// A habit that is odd and allowed: no case may fail for it.
    pub enum Habit {
        Octets = "octets", "", "writes one octet at a time";
        Prompts = "prompts", "", "asks for what is to be typed";
        Chatty = "chatty", "", "says a lot on standard error";
        InMemory = "in-memory", "", "reads a file whole before it announces it";
        Capitals = "capitals", "", "writes its commands in capitals";
        BaseName = "base-name", "", "sends a file by a path under its plain name";
        ShortLines = "short-lines", "", "takes no lines of 1,000 octets and more";
        Silent = "silent", "", "shows no replies";
        Buffered = "buffered", "", "shows replies when it ends";
        ErrorsOnStdout = "errors-on-stdout", "", "reports errors on standard output, and exits with 0";
        Warns = "warns", "", "says a lot on standard error at its start, reports errors there too, and exits with 0";
        Lingers = "lingers", "", "closes a moment after its `q`";
        Parts = "parts", "", "says goodbye after its `q`";
        Late = "late", "", "connects when something has been typed";
        VerifiesFiles = "vtr-by-file", "", "verifies what is sent by `file`, and asks a server without it once only";
        OneDigest = "vtr-md5-only", "", "verifies by MD5 only";
        NeverUnverified = "vtr-no-fallback", "", "sends nothing that is not verified";
        EndsUnverified = "vtr-ends-unverified", "", "ends with an error where a file is not stored";
        SendsAgain = "vtr-sends-again", "", "sends a file again after a mismatch";
        OtherDigest = "vtr-other-digest", "", "tries the other digest, then `file`";
        AsksBack = "vtr-asks-back", "", "asks whether it may send a file that is not verified";
        DigestFirst = "vtr-digest-first", "", "computes the digest before it sends anything";
    }
}
