import type { JsonObject } from "@trestle/protocol";
import { askOperation } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { bytes, percent } from "./format.ts";
import { given, withJson } from "./options.ts";

interface CacheOptions {
  readonly json?: boolean;
  readonly server?: string;
  readonly tool?: string;
}

export function addCache(cli: Cli): void {
  const cache = cli.program.command("cache").description("look at the cache, clear it, switch it");
  withJson(cache.command("stats").description("hits, misses, entries, bytes")).action(
    runs(cli, (place, options: CacheOptions) => ask(place, options, { name: "cache_stats" })),
  );
  const clear = cache
    .command("clear")
    .description("forget answers: all, or those of a server or a tool")
    .option("--server <id>", "only of this server")
    .option("--tool <name>", "only of this tool");
  withJson(clear).action(
    runs(cli, (place, { server, tool, ...options }: CacheOptions) =>
      ask(place, options, { name: "cache_clear", input: given({ server, tool }) }),
    ),
  );
  for (const [word, enabled] of [
    ["on", true],
    ["off", false],
  ] as const) {
    withJson(
      cache.command(word).description(`switch it ${word} until the bridge starts again`),
    ).action(
      runs(cli, (place, options: CacheOptions) =>
        ask(place, options, { name: "cache_toggle", input: { enabled } }),
      ),
    );
  }
}

/** The cache lives as long as the bridge: without one there is nothing to ask. */
async function ask(
  place: Place,
  { json }: CacheOptions,
  { name, input = {} }: { readonly name: string; readonly input?: JsonObject },
): Promise<number> {
  const answer = await askOperation(name, input, place, { running: true });
  place.terminal.print(json ? JSON.stringify(answer, null, 2) : say(name, answer));
  return EXIT.ok;
}

function say(name: string, answer: JsonObject): string {
  if (name === "cache_clear") {
    return answer.cleared === 1
      ? "1 answer was forgotten."
      : `${text(answer.cleared)} answers were forgotten.`;
  }
  const state = `The cache is ${answer.enabled ? "on" : "off"}.`;
  if (name === "cache_toggle") return state;
  return [
    state,
    "",
    `  entries   ${text(answer.entries)} (${bytes(answer.bytes)})`,
    `  hits      ${text(answer.hits)} (${percent(answer.hit_rate)} of what was asked)`,
    `  misses    ${text(answer.misses)}`,
    `  stale     ${text(answer.stale)} given while they were renewed`,
    `  shared    ${text(answer.shared)} waited for a call that ran already`,
  ].join("\n");
}
