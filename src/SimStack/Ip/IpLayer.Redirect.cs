using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>Telling hosts of a shorter way (RFC 1812 §5.2.7.2), with Linux's limits of rate. IPv6's redirects are not sent.</summary>
public sealed partial class IpLayer
{
    private const byte RedirectForHost = 1;
    private const int MaxRedirects = 9;
    private const int MaxRedirected = 1024;

    // Linux: ip_rt_redirect_load and ip_rt_redirect_silence.
    private static readonly Duration RedirectLoad = Duration.FromMilliseconds(20);
    private static readonly Duration RedirectSilence = Duration.FromMilliseconds(20_480);

    private readonly Dictionary<IpAddress, (int Sent, Instant Last)> _redirected = [];

    private void SendRedirect(Instant now, in IpPacketInfo ip, IpPath path, ReadOnlySpan<byte> packet)
    {
        if (_redirected.Count >= MaxRedirected)
        {
            _redirected.Clear();
        }

        (int sent, Instant last) = _redirected.GetValueOrDefault(ip.Source);
        if (now - last > RedirectSilence)
        {
            sent = 0;
        }

        if (sent < MaxRedirects && sent > 0 && now - last <= RedirectLoad * (1L << sent))
        {
            return;
        }

        // After nine that were ignored there is silence as long as packets keep coming.
        if (sent < MaxRedirects)
        {
            SendError(now, ip, IcmpType.Redirect, RedirectForHost, path.NextHop.V4, packet);
            sent++;
        }

        _redirected[ip.Source] = (sent, now);
    }
}
