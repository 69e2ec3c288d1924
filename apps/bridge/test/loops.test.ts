import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { connectClient } from "./_clients.ts";
import { lister, offer } from "./_listers.ts";
import { createPlace, type Place, serve, textOf } from "./_place.ts";
import { until } from "./_processes.ts";

const PROGRAM = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

/** What a bridge offers besides its own tools, sorted. */
async function namesAt(url: string): Promise<string[]> {
  const client = await connectClient("v2", { url });
  const { tools } = await client.ask("listTools");
  await client.close();
  const names = (tools as JsonObject[]).map(({ name }) => String(name));
  return names.filter((name) => !name.includes("bridge__")).toSorted();
}

function placeWith(name: string): { readonly place: Place; readonly own: JsonObject } {
  const place = createPlace();
  offer(place, name, ["read"]);
  return { place, own: { [name]: lister(place, name) } };
}

test("bridges behind one another, and one behind itself, list every tool once", async () => {
  const [a, b] = [placeWith("one"), placeWith("two")];
  a.place.configure({ mcpServers: a.own });
  const { url: urlOfA } = await serve(a.place);
  b.place.configure({ mcpServers: { ...b.own, a: { url: urlOfA } } });
  const { url: urlOfB } = await serve(b.place);
  const again = {
    command: process.execPath,
    args: [PROGRAM, "serve", "--stdio"],
    env: { TRESTLE_HOME: a.place.home },
  };
  const around = { b: { url: urlOfB }, self: { url: urlOfA }, again };
  a.place.configure({ mcpServers: { ...a.own, ...around } });

  const all = { a: ["b__two__read", "one__read"], b: ["a__one__read", "two__read"] };
  const listed = async (): Promise<string> =>
    JSON.stringify([await namesAt(urlOfA), await namesAt(urlOfB)]);
  await until("both list the other's", async () =>
    (await namesAt(urlOfA)).includes(all.a[0] ?? ""),
  );
  const says = /(?:b|self|again)\\" leads back to this bridge/g;
  await until(
    "each way round is told",
    () => new Set(textOf(a.place.logFile).match(says)).size === 3,
  );
  expect(await listed()).toBe(JSON.stringify([all.a, all.b]));

  offer(a.place, "one", ["read", "write"]);
  a.place.configure({
    mcpServers: { one: { ...lister(a.place, "one"), env: { ANEW: "1" } }, ...around },
  });
  await until("a change comes round", async () =>
    (await namesAt(urlOfB)).includes("a__one__write"),
  );
  expect(await namesAt(urlOfA)).toEqual(["b__two__read", "one__read", "one__write"]);
  expect(textOf(join(b.place.home, "bridge", "bridge.log"))).not.toMatch(/"level":"error"/);
});
