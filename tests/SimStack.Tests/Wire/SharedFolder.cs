namespace SimStack.Tests.Wire;

/// <summary>Where captures of real systems lie, if they are there: SIM_SHARED, or ../shared beside the repository.</summary>
internal static class SharedFolder
{
    internal static string? Find(string name)
    {
        string? root = Environment.GetEnvironmentVariable("SIM_SHARED");
        if (string.IsNullOrEmpty(root))
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Simulator.sln")))
            {
                folder = folder.Parent;
            }

            root = folder?.Parent is null ? null : Path.Combine(folder.Parent.FullName, "shared");
        }

        string? path = root is null ? null : Path.Combine(root, name);
        return Directory.Exists(path) ? path : null;
    }
}
