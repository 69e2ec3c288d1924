import { expect, test } from "vitest";
import { gotBy, listedEntry, toolOf } from "./_listed.ts";
import { listNames, serveStdio } from "./_peer.ts";
import { createPlace, run } from "./_place.ts";

test("two versions of one server stand side by side, and SERVER@VERSION reaches its own", async () => {
  const place = createPlace();
  place.configure({
    mcpServers: {
      notes: listedEntry(place, "old", [toolOf("find")]),
      "notes@v2": listedEntry(place, "new", [toolOf("find"), toolOf("fresh")]),
      "a-very-long-name@v2": {
        ...listedEntry(place, "long", [toolOf("find")]),
        aliases: ["docs", "docs@v2"],
      },
    },
  });
  const { peer } = await serveStdio(place, "legacy");
  expect((await listNames(peer)).toSorted()).toEqual([
    "a-very-long-n-v2__find",
    "notes-v2__find",
    "notes-v2__fresh",
    "notes__find",
  ]);
  const written = ["notes@v2.fresh", "notes@v2__fresh", "notes-v2.fresh", "notes-v2__fresh"];
  for (const name of written) expect(gotBy(await peer.call(name)).name).toBe("fresh");
  for (const name of ["docs.find", "docs@v2.find", "docs@v2__find", "a-very-long-n-v2.find"]) {
    expect(gotBy(await peer.call(name)).name).toBe("find");
  }
  expect((await peer.call("notes.fresh")).error?.message).toMatch(/Unknown tool/);
  const byServer = { server: "notes@v2", tool: "fresh" };
  expect(gotBy(await peer.call("bridge__call_tool", byServer)).name).toBe("fresh");
  const chain = { steps: [{ server: "notes@v2", tool: "fresh", arguments: { a: 1 } }] };
  const ran = await peer.call("bridge__run_chain", chain);
  expect(ran.result?.structuredContent).toMatchObject({ success: true });
  const { stdout } = await run(place, ["config", "check"]);
  expect(stdout).not.toContain("is served under the id");
});
