import { pid } from "node:process";
import type { JsonObject } from "@trestle/protocol";
import * as z from "zod";
import { processes } from "./answers/servers.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { memoryOf } from "./process-memory.ts";

export const ps = defineOperation({
  name: "ps",
  title: "Processes",
  description:
    "The bridge's process and those of its servers: pid, memory, restarts, and how many calls wait for answers of users.",
  input: z.object({}),
  output: processes,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, { principal }, core) {
    const sees = core.sight.servers(principal) ?? (() => true);
    const children = core.upstreams
      .all()
      .filter(({ id }) => sees(id))
      .map((upstream) => ({ server: upstream.id, kind: upstream.kind, ...upstream.health() }))
      .filter(({ kind }) => kind === "stdio")
      // Of a server that keeps its clients apart, each process.
      .flatMap((child) => (child.pids ?? [child.pid]).map((each) => ({ ...child, pid: each })));
    return {
      bridge: given({
        pid,
        rss_bytes: await memoryOf(pid),
        uptime_s: Math.floor((core.clock.now() - core.startedAt) / 1000),
        parked: core.parking.count(),
      }) as JsonObject,
      processes: await Promise.all(
        children.map(
          async ({ server, state, pid: child, restarts, since }) =>
            given({
              server,
              state,
              pid: child,
              restarts,
              since: new Date(since).toISOString(),
              rss_bytes: child === undefined ? undefined : await memoryOf(child),
            }) as JsonObject,
        ),
      ),
    };
  },
});
