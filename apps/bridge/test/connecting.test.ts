import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { createPlace, serve } from "./_place.ts";
import { entry, serversOf } from "./_upstreams.ts";

interface HostConfig {
  readonly mcpServers: {
    readonly trestle: {
      readonly command: string;
      readonly args: string[];
      readonly env?: Record<string, string>;
    };
  };
}

test("the entry that is printed for a stdio host starts one that joins this bridge", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const bridge = await serve(place);
  const line =
    bridge
      .stdout()
      .split("\n")
      .find((each) => each.includes('{"mcpServers"')) ?? "";
  const { command, args, env } = (JSON.parse(line) as HostConfig).mcpServers.trestle;
  const host = spawn(command, args, { cwd: "/", env: { PATH: process.env.PATH, ...env } });
  try {
    const lines = createInterface({ input: host.stdout });
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "host", version: "1" },
    };
    host.stdin.write(
      `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`,
    );
    const [answer] = (await once(lines, "line")) as [string];
    expect(JSON.parse(answer)).toMatchObject({
      id: 1,
      result: { serverInfo: { name: "trestle" } },
    });
    expect(serversOf(place, "one")).toHaveLength(1);
  } finally {
    host.stdin.end();
    await once(host, "close");
  }
});
