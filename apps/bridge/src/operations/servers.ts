import type { JsonObject } from "@trestle/protocol";
import type { UpstreamHealth } from "@trestle/upstream";
import * as z from "zod";
import { serversAnswer } from "./answers/servers.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { aliasesOf } from "./resolve.ts";
import { seesEverything } from "./sight.ts";

export const servers = defineOperation({
  name: "servers",
  title: "Servers",
  description:
    "Every server behind the bridge: whether it answers, what it offers, what it complains of.",
  input: z.object({}),
  output: serversAnswer,
  hints: NO_EFFECT,
  needs: "caller",
  async run(_input, { principal }, core) {
    const seesStderr = seesEverything(principal);
    const sees = core.sight.servers(principal) ?? (() => true);
    const shown = core.upstreams.all().filter(({ id }) => sees(id));
    const counts = new Map(core.catalog.status().map((each) => [each.server, each]));
    return {
      servers: shown.map((upstream) => {
        const {
          tools = 0,
          prompts = 0,
          resources = 0,
          settled,
          problem,
          isDegraded,
          listsFrom,
        } = {
          ...{ settled: false, problem: undefined, isDegraded: false, listsFrom: "nowhere" },
          ...counts.get(upstream.id),
        };
        return given({
          id: upstream.id,
          kind: upstream.kind,
          aliases: [...aliasesOf(upstream.id, core)],
          tools,
          prompts,
          resources,
          settled,
          degraded: isDegraded,
          lists_from: listsFrom,
          problem,
          ...presentHealth(upstream.health(), seesStderr),
        }) as JsonObject;
      }),
      problems: core.live
        .current()
        .problems.filter(({ server }) => sees(server))
        .map((problem): JsonObject => ({ ...problem })),
    };
  },
});

/** What a server writes to stderr is for who runs it. */
function presentHealth(health: UpstreamHealth, sees: boolean): JsonObject {
  const { state, era, pid, restarts, lastError, since, stderr } = health;
  return given({
    state,
    era,
    pid,
    restarts,
    last_error: lastError,
    since: new Date(since).toISOString(),
    stderr: sees ? stderr : undefined,
  }) as JsonObject;
}
