import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { type Peer, serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";
import { until } from "./_processes.ts";

const visits = { class: "counter", id: "visits" };

async function call(peer: Peer, tool: string, args: JsonObject): Promise<JsonObject> {
  const { result, error } = await peer.call(`objects__${tool}`, args);
  if (error) throw new Error(error.message);
  if (result?.isError) throw new Error(JSON.stringify(result.content));
  return result?.structuredContent as JsonObject;
}

test("objects are there without any configuration, tell who subscribed, and outlive the bridge", async () => {
  const place = createPlace();
  const owner = await serveStdio(place, "modern");
  const watcher = await serveStdio(place, "legacy");
  await call(owner.peer, "object_initialize", visits);
  let uri = "";
  await until("the object is listed", async () => {
    const { result = {} } = await watcher.peer.request("resources/list");
    const uris = (result.resources as JsonObject[]).map((resource) => String(resource.uri));
    uri = uris.find((each) => each.endsWith("object://counter/visits")) ?? "";
    return uri !== "";
  });
  expect((await watcher.peer.request("resources/subscribe", { uri })).error).toBeUndefined();
  await call(owner.peer, "object_call", { ...visits, method: "increment" });
  await until("the update is told", () =>
    watcher.peer.notifications.some(
      ({ method, params }) => method === "notifications/resources/updated" && params?.uri === uri,
    ),
  );
  process.kill(owner.pid, "SIGKILL");
  await owner.ended;

  await call(watcher.peer, "object_call", { ...visits, method: "increment" });
  expect(await call(watcher.peer, "object_get", visits)).toMatchObject({
    ...{ seq: 3, state: { value: 2 } },
  });
});
