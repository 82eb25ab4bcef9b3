namespace SimStack.Ip;

public sealed partial class IpLayer
{
    /// <summary>True for a multicast address, and for the broadcast address of any of the host's networks.</summary>
    internal bool IsGroup(in IpAddress address)
    {
        if (address.IsMulticast)
        {
            return true;
        }

        foreach (NetworkInterface candidate in _interfaces)
        {
            if (IsBroadcast(candidate, address))
            {
                return true;
            }
        }

        return false;
    }
}
