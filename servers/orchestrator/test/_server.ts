import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { nodeEnvironment, until } from "@trestle/testkit/surroundings";

export const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** The orchestrator in a process of its own, over HTTP; whoever starts it ends it. */
export async function startServer(home: string, more: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [bin, "--http", "127.0.0.1:0", "--verbose"], {
    env: { ...nodeEnvironment(), HOME: home, TRESTLE_HOME: home, ...more },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const find = () => /"url":"([^"]+)"/.exec(said)?.[1];
  await until(`it listens: ${said}`, () => find() !== undefined || child.exitCode !== null);
  const url = find();
  if (url === undefined) throw new Error(said);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };
  return {
    url,
    end,
    /** Calls a tool as a script does. */
    async tool<Result = Record<string, never>>(name: string, args: object): Promise<Result> {
      const response = await fetch(new URL(`/tools/${name}`, url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(args),
      });
      const body = (await response.json()) as { result?: Result };
      if (body.result === undefined) throw new Error(JSON.stringify(body));
      return body.result;
    },
  };
}
