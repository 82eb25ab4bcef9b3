using System.Runtime.CompilerServices;

// C# has every local assigned before it is read. Without this methods with large ones, as those that take a segment in, clear them at
// each call all the same. Memory from stackalloc is not cleared either: who needs zeros there asks for them.
[module: SkipLocalsInit]
