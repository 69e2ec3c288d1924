import { expect, test } from "vitest";
import { listNames, serveStdio } from "./_peer.ts";
import { createPlace, run } from "./_place.ts";
import { until } from "./_processes.ts";
import { entry } from "./_upstreams.ts";

test("an entry says which tools are served, what they are called, and by which ids", async () => {
  const place = createPlace();
  const configure = (extra: object): void =>
    place.configure({ mcpServers: { one: { ...entry(place, "one"), ...extra } } });
  configure({
    tools: { deny: ["grow*", "change_note"], rename: { echo: "say", read: "write" } },
    aliases: ["uno"],
  });
  const { peer } = await serveStdio(place, "legacy");
  const names = async (): Promise<string[]> =>
    (await listNames(peer)).filter((name) => !name.startsWith("bridge__")).toSorted();
  expect(await names()).toEqual(["one__read", "one__say", "one__write"]);

  const args = { text: "hello" };
  const called = ["one__say", "one.say", "one.echo", "uno__say", "uno.say", "uno.echo"];
  for (const name of called) {
    const { result, error } = await peer.call(name, args);
    expect([name, error, result?.content]).toEqual([
      name,
      undefined,
      [{ type: "text", text: "hello" }],
    ]);
  }
  for (const name of ["one__echo", "one__grow", "one.grow", "uno__grow"]) {
    expect((await peer.call(name)).error?.message).toMatch(/Unknown tool/);
  }
  const { stdout } = await run(place, ["status"]);
  expect(stdout).toMatch(/one: warning: tools\.rename: "read" keeps its name.*"write"/);

  configure({ tools: { allow: ["echo"] } });
  await until("only what is allowed is left", async () => (await names()).join() === "one__echo");
  expect((await peer.call("uno__say")).error?.message).toMatch(/Unknown tool/);
});
