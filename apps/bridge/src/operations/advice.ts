import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { changeConfigFile } from "../config/change-file.ts";
import { readBridgeFile, withServers } from "../config/import/bridge-file.ts";
import { createPolicySettings } from "../config/policy.ts";
import type { Core } from "../core.ts";
import type { Tuning } from "../learning/advice/advise.ts";
import type { Patch } from "../learning/advice/patch.ts";
import { applyPatches, asConfig, entryNameOf, keyOf } from "../learning/advice/patch-file.ts";
import { readTuning, readUnused, type UsageAdvice } from "../learning/advice/read.ts";
import type { UnusedTools } from "../learning/advice/unused.ts";
import { adviceAnswer, tunedAnswer } from "./answers/advice.ts";
import { NO_EFFECT } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { asInput, presentChange } from "./server-admin.ts";

export const advice = defineOperation({
  name: "advice",
  title: "Advice",
  description:
    "What the history says of the configuration: times to keep answers, retries, timeouts and calls at a time that should be others, and tools that nobody uses. Changes nothing.",
  input: z.object({}),
  output: adviceAnswer,
  hints: NO_EFFECT,
  needs: "admin",
  async run(_input, _context, core) {
    const { tuning, usage } = await adviceOf(core);
    const nameOf = namesIn(core);
    return {
      tuning: tuning.map((each) => presentTuning(each, nameOf)),
      usage: usage.unused.map((each) => presentUnused(each, nameOf)),
      ...given({ usage_reason: usage.reason }),
      autotune: core.live.current().policy.autotune,
      autotuned: core.autotune.applied().map((each) => ({ ...each })),
    };
  },
});

export const adviceApply = defineOperation({
  name: "advice_apply",
  title: "Follow the advice",
  description: "Writes the advice into trestle.json, if the bridge could go by the whole of it.",
  input: z.object({
    keys: z
      .array(z.string().min(1))
      .max(1_000)
      .optional()
      .describe("Only of these keys; absent: all tuning, and no unused tools."),
  }),
  output: tunedAnswer,
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  needs: "admin",
  subject: ({ keys }) => (keys === undefined ? {} : { keys }),
  async run({ keys }, _context, core) {
    const { tuning, usage } = await adviceOf(core);
    const nameOf = namesIn(core);
    const wanted = chosen([...tuning, ...(keys ? usage.unused : [])], keys, nameOf);
    if (wanted.length === 0) return { applied: [] };
    const done = await asInput(
      changeConfigFile(core, (file) => {
        const patches = wanted.map(({ entry, patch }) => ({ entry, patch }));
        return applyPatches(withServers(file, {}), patches, file.path);
      }),
    );
    const applied = wanted.map(({ key, patch }) => ({ key, value: patch.value }));
    return { applied, ...presentChange(done) };
  },
});

async function adviceOf(
  core: Core,
): Promise<{ readonly tuning: readonly Tuning[]; readonly usage: UsageAdvice }> {
  // By what the file says: what the bridge does by itself is nobody's configuration.
  const settings = createPolicySettings(core.live.current());
  const tuning = await readTuning(core, settings);
  return { tuning, usage: await readUnused(core) };
}

type NameOf = (server: string) => string;

/** Servers by the names that the file has for them. */
function namesIn({ live }: Pick<Core, "live">): NameOf {
  const [path = ""] = live.current().files;
  const { servers } = readBridgeFile(path);
  return (server) => entryNameOf(server, { mcpServers: servers }) ?? server;
}

interface Chosen {
  readonly key: string;
  readonly entry: string;
  readonly patch: Patch;
}

function chosen(
  all: readonly (Tuning | UnusedTools)[],
  keys: readonly string[] | undefined,
  nameOf: NameOf,
): Chosen[] {
  const known = all.map(({ server, patch }): Chosen => {
    const entry = nameOf(server);
    return { key: keyOf(entry, patch), entry, patch };
  });
  if (keys === undefined) return known;
  const missing = keys.filter((key) => known.every((each) => each.key !== key));
  if (missing.length > 0) {
    throw new TrestleError(
      "not_found",
      `There is no advice for ${missing.join(", ")} now. advice lists what there is.`,
    );
  }
  return known.filter(({ key }) => keys.includes(key));
}

function presentTuning(tuning: Tuning, nameOf: NameOf): JsonObject {
  const { kind, server, tool, from, to, evidence, figures, patch } = tuning;
  const entry = nameOf(server);
  return given({
    ...{ key: keyOf(entry, patch), kind, server, tool, from, to, evidence },
    figures: { ...figures },
    patch: asConfig(entry, patch),
  }) as JsonObject;
}

function presentUnused(
  { server, tools, tokens, isAll, patch }: UnusedTools,
  nameOf: NameOf,
): JsonObject {
  const entry = nameOf(server);
  const count = tools.length === 1 ? "1 tool was" : `${tools.length} tools were`;
  const evidence = `${isAll ? "None of its tools was" : count} called for 30 days; they cost each session that lists them about ${tokens} tokens.`;
  return {
    ...{ key: keyOf(entry, patch), server, tokens, evidence },
    tools: tools.map((tool) => ({ ...tool })),
    patch: asConfig(entry, patch),
  };
}
