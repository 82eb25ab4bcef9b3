namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>What became of a system call of a script. A closed hierarchy: the records in here.</summary>
internal abstract record CallOutcome
{
    private CallOutcome()
    {
    }

    /// <summary>It returned what the script says, in every respect.</summary>
    /// <param name="Result">What it returned.</param>
    internal sealed record Finished(CallResult Result) : CallOutcome;

    /// <summary>It waits; <see cref="ScriptProcess.Resume"/> tells the rest.</summary>
    internal sealed record Blocked : CallOutcome;

    /// <summary>It asks for something that Linux has and we do not.</summary>
    /// <param name="Feature">Linux's name of it.</param>
    internal sealed record Unsupported(string Feature) : CallOutcome
    {
        /// <summary>One line for the user.</summary>
        public string Message => $"{Feature} is not supported yet";
    }

    /// <summary>It returned something else, or cannot be made as it is written.</summary>
    /// <param name="Expected">The call and its result as the script has them.</param>
    /// <param name="Got">What came instead.</param>
    internal sealed record Failed(string Expected, string Got) : CallOutcome
    {
        /// <summary>One line for the user.</summary>
        public string Message => $"expected {Expected}, got {Got}";
    }
}
