// A scenario script run from a program, as a test of one's own would: the script says what must happen, the program asks whether it did.
using SimNet.Scripting;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Running;

const string script = """
    name: second-syn
    title: The first SYN is lost; the second, a second later, gets through
    hosts:
      client: 10.0.0.1/24
      server: 10.0.0.2/24
    links:
      - between: [client, server]
        delay: 10ms
    faults:
      - on: client->server
        match: {flags: SYN, nth: 1}
        do: drop
    applications:
      server:
        - bind: 80
        - listen: 1
        - accept
        - read: until-eof
        - close
      client:
        - connect: server:80
        - close
    expect:
      - retransmissions: 1
    """;

bool passed = true;
foreach (ulong seed in (ulong[])[1, 2, 3])
{
    RunResult run = ScenarioRunner.Run(ScenarioScript.Parse(script, "second-syn.yaml", [$"seed={seed}"]));
    foreach (Verdict verdict in run.Verdicts)
    {
        Console.WriteLine($"seed {seed}: {(verdict.Passed ? "PASS" : "FAIL")}  {verdict.Text}");
    }

    passed &= run.Passed;
}

return passed ? 0 : 1;
