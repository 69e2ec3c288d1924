import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import type { StdioStart } from "./host.ts";
import { type Machine, pathsOf } from "./machine.ts";

/** What this bridge is known by, to find entries that lead back to it. */
export interface OwnTraces {
  /** The words that start this program. */
  readonly command: readonly string[];
  /** Addresses at which this bridge answers. */
  readonly urls: readonly string[];
  /** Addresses at which any other bridge answers that this program is used with. */
  readonly otherUrls: readonly string[];
  /** Names and addresses that mean this machine, besides those that mean it anywhere. */
  readonly localNames: readonly string[];
  readonly machine: Machine;
}

/** The package by its name, wherever it comes from and whatever version is asked for. */
const PACKAGE = /@trestle-mcp[\\/]bridge(?![\w-])/i;
const SOURCE = /[\\/]apps[\\/]bridge[\\/]src[\\/](bin|main)\.ts$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|.+\.localhost)$/;
const SHELL_SCRIPT = /^#!.*\b\w*sh\b/;
/** Scripts that start a program are short. */
const MAX_SCRIPT = 16 * 1024;

/** Does this entry of a host start or reach a Trestle bridge? As an upstream of this one, that would be a loop. */
export function isOwnEntry(entry: JsonObject, traces: OwnTraces): boolean {
  const words = wordsOf(entry);
  const [program = ""] = words;
  if (isTrestle(program) || words.some((word) => PACKAGE.test(word) || SOURCE.test(word)))
    return true;
  if (words.some(isTrestle) && words.includes("serve")) return true;
  if (words.some((word) => startsTrestle(word, traces))) return true;
  const urls = [...traces.urls, ...traces.otherUrls];
  return words.some((word) => urls.some((url) => isSamePlace(word, url, traces)));
}

/** Does it lead to the very bridge that `start` starts: same home, same configuration? */
export function leadsHere(entry: JsonObject, start: StdioStart, traces: OwnTraces): boolean {
  if (typeof entry.url === "string") {
    const { url } = entry;
    return traces.urls.some((own) => isSamePlace(url, own, traces));
  }
  return isSameHome(entry, start) && configIn(entry.args) === configIn(start.args);
}

/** Bridges of one home are one process: an entry for the same home stands in the way of another. */
export function isSameHome({ env }: JsonObject, start: StdioStart): boolean {
  const home = isJsonObject(env) ? env.TRESTLE_HOME : undefined;
  return home === start.env?.TRESTLE_HOME;
}

function configIn(args: unknown): string | undefined {
  const words = Array.isArray(args) ? args.map(String) : [];
  const joined = words.find((word) => word.startsWith("--config="))?.slice("--config=".length);
  return joined ?? words[words.indexOf("--config") + 1 || words.length];
}

/** Everything that is said to a shell counts word by word. */
function wordsOf({ command, args, url }: JsonObject): string[] {
  const values: (JsonValue | undefined)[] = [command, ...(Array.isArray(args) ? args : []), url];
  return values.flatMap((value) =>
    typeof value === "string" ? [value, ...value.split(/[\s"';&|()]+/)] : [],
  );
}

function isTrestle(word: string): boolean {
  return /^trestle(\.(cmd|exe|ps1))?$/i.test(basename(word.replaceAll("\\", "/")));
}

/** Is the word a file, or the name of a program, that is this program under another name or starts it? */
function startsTrestle(word: string, { command, machine }: OwnTraces): boolean {
  const file = fileOf(word, machine);
  if (file === undefined) return false;
  const script = command.at(-1) ?? "";
  if (isAbsolute(script) && realPath(script) === file) return true;
  if (PACKAGE.test(file) || SOURCE.test(file)) return true;
  return namesTrestle(file);
}

/** The file itself, behind whatever links lead to it. */
function fileOf(word: string, machine: Machine): string | undefined {
  if (word === "" || word.includes("\0")) return undefined;
  const { delimiter } = pathsOf(machine);
  if (/[\\/]/.test(word)) return realPath(word.replace(/^~(?=[\\/])/, machine.env.HOME ?? "~"));
  const folders = (machine.env.PATH ?? machine.env.Path ?? "").split(delimiter).filter(isAbsolute);
  const endings = machine.platform === "win32" ? ["", ".cmd", ".exe", ".bat", ".ps1"] : [""];
  for (const folder of folders) {
    for (const ending of endings) {
      const file = realPath(join(folder, word + ending));
      if (file !== undefined) return file;
    }
  }
  return undefined;
}

function realPath(path: string): string | undefined {
  try {
    const file = realpathSync(path);
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

/** A script of a few lines that names the package, as package managers and people write them. */
function namesTrestle(file: string): boolean {
  try {
    const handle = openSync(file, "r");
    try {
      const text = Buffer.alloc(MAX_SCRIPT + 1);
      const length = readSync(handle, text);
      if (length > MAX_SCRIPT || text.subarray(0, length).includes(0)) return false;
      const script = text.toString("utf8", 0, length);
      return (SHELL_SCRIPT.test(script) || /\.(cmd|bat|ps1)$/i.test(file)) && PACKAGE.test(script);
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}

function isSamePlace(word: string, own: string, { localNames }: OwnTraces): boolean {
  if (!/^https?:/i.test(word) || !URL.canParse(word) || !URL.canParse(own)) return false;
  const [a, b] = [new URL(word), new URL(own)];
  const isLocal = ({ hostname }: URL): boolean =>
    LOOPBACK.test(hostname) || localNames.includes(hostname.replace(/^\[|\]$/g, ""));
  const isSameHost = a.hostname === b.hostname || (isLocal(a) && isLocal(b));
  return isSameHost && a.port === b.port && a.protocol === b.protocol;
}

/** The entries of a host that are objects, by name. */
export function entriesOf(value: unknown): [name: string, entry: JsonValue][] {
  return isJsonObject(value as JsonValue)
    ? (Object.entries(value as JsonObject) as [string, JsonValue][])
    : [];
}
