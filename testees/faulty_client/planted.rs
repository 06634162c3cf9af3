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
        ChunkTooMuch = "chunk-too-much", "TRF-13", "sends whole chunks of 4,096 octets only";
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
    }
}
