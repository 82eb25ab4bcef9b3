namespace SimStack.Tcp;

/// <summary>How many challenge ACKs the whole host sends (RFC 5961 §7).</summary>
internal sealed partial class TcpLayer
{
    private const ulong ChallengePurpose = 0x5961;

    private long _challengeSecond = long.MinValue;
    private uint _challengesLeft;

    /// <summary>
    /// net.ipv4.tcp_challenge_ack_limit by the second. How many there are in one is drawn between half the limit and one and a half, so that
    /// nobody can learn from the number left whether somebody else was challenged (CVE-2016-5696; Linux: tcp_send_challenge_ack).
    /// </summary>
    public bool MayChallenge(Instant now)
    {
        uint limit = (uint)Sysctls.ChallengeAckLimit;
        if (limit == int.MaxValue)
        {
            return true;
        }

        long second = now.Nanoseconds / 1_000_000_000;
        if (second != _challengeSecond)
        {
            _challengeSecond = second;
            uint half = (limit + 1) >> 1;
            // A limit of 0 draws from all 32-bit numbers in Linux, which is none.
            _challengesLeft = limit == 0 ? uint.MaxValue : half + (uint)(_secret.Compute(ChallengePurpose, (ulong)second) % limit);
        }

        if (_challengesLeft == 0)
        {
            return false;
        }

        _challengesLeft--;
        return true;
    }
}
