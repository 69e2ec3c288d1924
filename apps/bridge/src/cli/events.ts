import { readAdminCredential } from "@trestle/access";
import { isJsonObject, type JsonObject, parseJson, TrestleError } from "@trestle/protocol";
import { readOwner } from "@trestle/store";
import { bridgeFolder } from "../home.ts";
import { readBridgeAddress } from "./bridge-address.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { type Feed, followFeed } from "./follow-feed.ts";
import { readPairs, usage } from "./json-input.ts";
import { numberFor, withExamples, withJson } from "./options.ts";

interface EventsOptions {
  readonly json?: boolean;
  readonly topic: readonly string[];
  readonly where: readonly string[];
  readonly since?: number;
  readonly count?: number;
}

export function addEvents(cli: Cli): void {
  const collect = (value: string, all: readonly string[]): string[] => [...all, value];
  const command = cli.program
    .command("events")
    .description("what happens, as it happens, until Ctrl-C")
    .option("--topic <pattern>", "only these, with * for anything; may be given again", collect, [])
    .option(
      "--where <field=value>",
      "only with this in the payload; may be given again",
      collect,
      [],
    )
    .option("--since <number>", "what came after this number first", numberFor("--since"))
    .option("--count <number>", "end after so many", numberFor("--count"));
  const examples = [
    "trestle events",
    "trestle events --topic 'call.*' --where server=github",
    "trestle events --since 1204 --json",
  ];
  withJson(withExamples(command, examples)).action(runs(cli, events));
}

async function events(place: Place, options: EventsOptions): Promise<number> {
  const { topic, where, since, count = Infinity } = options;
  if (!(count > 0)) throw usage(`--count must be above 0, not ${count}.`);
  const subscribe = {
    topics: topic.length === 0 ? ["*"] : [...topic],
    ...(where.length === 0 ? {} : { where: readPairs(where, {}) }),
  };
  let seen = 0;
  const { terminal } = place;
  const stop = new AbortController();
  void terminal.stopped.then(() => stop.abort());
  await followFeed(() => feedOf(place), {
    ...{ subscribe, since, signal: stop.signal, clock: terminal.clock },
    warn: terminal.warn,
    take(line) {
      const frame = parseJson(line);
      if (!isJsonObject(frame) || (frame.type !== "event" && frame.type !== "gap")) return "more";
      terminal.print(options.json ? line : say(frame));
      seen += frame.type === "event" ? 1 : 0;
      return seen >= count ? "enough" : "more";
    },
  });
  return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** Of the bridge that MCP_BRIDGE_URL names, else of the one that runs in this home. */
function feedOf({ config }: Place): Feed {
  const { MCP_BRIDGE_URL: url, MCP_API_KEY: given } = config.env;
  const owner = readOwner(bridgeFolder(config.home));
  const own = owner?.info?.url;
  const address = url || own;
  if (typeof address !== "string") {
    throw new TrestleError(
      "unavailable",
      owner
        ? "The bridge that runs in this home has no address: events come over HTTP, with `trestle serve`."
        : `No bridge runs in ${config.home}. Start one with \`trestle serve\`.`,
    );
  }
  const { mcp, rest } = readBridgeAddress(address);
  // Never sent to anybody but the bridge of this very home.
  const key = given || (own === mcp ? readAdminCredential(config.home)?.text : undefined);
  return { url: `${rest.replace(/^http/, "ws")}/events`, key };
}

function say({ type, seq, time, topic, payload, ...gap }: JsonObject): string {
  if (type === "gap") return `(${text(gap.from)} to ${text(gap.to)} were missed)`;
  const when = typeof time === "number" ? new Date(time).toISOString() : "";
  return `${text(seq)}  ${when}  ${text(topic)}  ${text(payload)}`;
}
