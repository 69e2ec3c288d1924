import { type ConfigField, nearestName, TrestleError } from "@trestle/protocol";

/** The command line of a server. */
export interface Flags {
  /** Settings by their environment name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly help: boolean;
  readonly version: boolean;
  readonly verbose: boolean;
  readonly profile?: string;
  readonly envFile?: string;
  /** `true` where no address was named. */
  readonly http?: string | true;
  readonly key?: string;
}

const switches = new Set(["--help", "--version", "--verbose"]);
const named = new Map([
  ["--profile", "profile"],
  ["--env-file", "envFile"],
  ["--key", "key"],
]);

/** What running a server takes; none of its settings may be called the same. */
export const RUN_FLAGS: readonly string[] = ["--http", ...named.keys(), ...switches];

/** Reads `--flag value`, `--flag=value`, `--switch` and `--no-switch`. Throws naming what it does not know. */
export function parseFlags(args: readonly string[], fields: readonly ConfigField[]): Flags {
  const settings: Record<string, string> = {};
  const own: Record<string, string | true> = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [flag = "", ...inline] = expandShort(arg).split("=");
    const value = inline.length > 0 ? inline.join("=") : undefined;
    const field = fields.find((candidate) => candidate.flag === flag);
    const denied = fields.find((candidate) => `--no-${candidate.flag.slice(2)}` === flag);
    if (switches.has(flag)) own[flag.slice(2)] = true;
    else if (flag === "--http") own.http = value ?? optional(rest) ?? true;
    else if (named.has(flag)) own[named.get(flag) ?? ""] = value ?? needed(flag, rest);
    else if (field?.schema.type === "boolean")
      settings[field.env] = value ?? optional(rest) ?? "true";
    else if (field !== undefined) settings[field.env] = value ?? needed(flag, rest);
    else if (denied?.schema.type === "boolean") settings[denied.env] = "false";
    else throw unknownFlag(flag, fields);
  }
  return { help: false, version: false, verbose: false, ...own, settings };
}

function expandShort(arg: string): string {
  if (arg === "-h") return "--help";
  if (arg === "-v") return "--version";
  return arg;
}

/** The next word, where it is no flag. */
function optional(rest: string[]): string | undefined {
  return rest[0]?.startsWith("-") ? undefined : rest.shift();
}

function needed(flag: string, rest: string[]): string {
  const value = rest.shift();
  if (value !== undefined) return value;
  throw new TrestleError("invalid_config", `${flag} needs a value.`);
}

function unknownFlag(flag: string, fields: readonly ConfigField[]): TrestleError {
  const nearest = nearestName(flag, [...fields.map((field) => field.flag), ...RUN_FLAGS]);
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  return new TrestleError(
    "invalid_config",
    `Unknown option ${flag}.${hint} --help lists what there is.`,
  );
}
