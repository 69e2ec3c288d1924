import { win32 } from "node:path";

/** What Windows is asked to start for a command as people configure it. */
export interface WindowsCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The arguments are a command line already: nothing may be quoted once more. */
  readonly isVerbatim?: boolean;
}

export interface WindowsPlace {
  /** Of the child. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  isFile(path: string): boolean;
}

/** Of what PATHEXT may name, these are programs and scripts that start without asking which program opens them. */
const PROGRAMS = [".com", ".exe"];
const SCRIPTS = [".bat", ".cmd"];

/**
 * Windows starts programs and no scripts, and most commands that people know (`npx`, `pnpm`) are scripts
 * there. A script goes to cmd.exe as one line in which no argument can mean anything but itself. So does one
 * that was configured as `cmd /c npx …`, where cmd.exe would take `&`, `|` and `%` for its own.
 */
export function windowsCommand(
  command: string,
  args: readonly string[],
  place: WindowsPlace,
): WindowsCommand {
  const file = find(command, place);
  if (file !== undefined && isScript(file)) return throughCmd(file, args, place);
  const line = /^cmd(\.exe)?$/i.test(win32.basename(command)) ? lineOf(args) : undefined;
  const [inner, ...rest] = line ?? [];
  if (inner === undefined) return { file: file ?? command, args };
  if (rest.length === 0 && /[\s"]/.test(inner)) {
    // A whole line of a shell, which is meant to be read by one.
    return { file: command, args: ["/d", "/s", "/c", `"${inner}"`], isVerbatim: true };
  }
  const found = find(inner, place);
  // What is no file is a word of cmd.exe itself.
  if (found === undefined) return { file: command, args };
  return isScript(found) ? throughCmd(found, rest, place) : { file: found, args: rest };
}

/** What stands behind `/c`. */
function lineOf(args: readonly string[]): readonly string[] | undefined {
  const at = args.findIndex((arg) => /^\/c$/i.test(arg));
  if (at === -1 || args.slice(0, at).some((arg) => !arg.startsWith("/"))) return undefined;
  return args.slice(at + 1);
}

/** Windows opens `x.cmd. .` as `x.cmd`: what stands behind the ending counts for nothing. */
function isScript(file: string): boolean {
  return SCRIPTS.includes(win32.extname(file.replace(/[. ]+$/, "")).toLowerCase());
}

/** The file that a command means: by its path, or by its name in the folders of PATH. */
function find(command: string, { environment, cwd, isFile }: WindowsPlace): string | undefined {
  const isPath = /[\\/:]/.test(command);
  const folders = isPath ? [cwd] : foldersOf(settingOf(environment, "PATH"), cwd);
  const known = (settingOf(environment, "PATHEXT") ?? "").toLowerCase().split(";");
  const listed = known.filter((ending) => [...PROGRAMS, ...SCRIPTS].includes(ending));
  const endings = listed.length > 0 ? listed : [...PROGRAMS, ...SCRIPTS];
  // A file without an ending is for another system: Node's folder holds `npx` beside `npx.cmd`.
  const tried = win32.extname(command) === "" ? endings : ["", ...endings];
  for (const folder of folders) {
    for (const ending of tried) {
      const file = win32.resolve(folder, command + ending);
      if (isFile(file)) return file;
    }
  }
  return undefined;
}

function foldersOf(path = "", cwd: string): string[] {
  const folders = path.split(";").map((folder) => folder.replaceAll('"', "").trim());
  return folders.filter(Boolean).map((folder) => win32.resolve(cwd, folder));
}

/** Names of the environment differ in case there. */
function settingOf(environment: WindowsPlace["environment"], name: string): string | undefined {
  const key = Object.keys(environment).find((each) => each.toUpperCase() === name);
  return key === undefined ? undefined : environment[key];
}

/**
 * Extensions on, for `%cd:~,%`; delayed expansion off, so that `!` is no more than that; no AutoRun. With
 * `/s` cmd.exe takes away the outermost quotes, and nothing else.
 */
const SWITCHES = ["/e:ON", "/v:OFF", "/d", "/s", "/c"];

function throughCmd(
  script: string,
  args: readonly string[],
  { environment }: WindowsPlace,
): WindowsCommand {
  if (/["\0\r\n]/.test(script))
    throw new Error(`no script can be called ${JSON.stringify(script)}`);
  const line = [quoted(script), ...args.map(argument)].join(" ");
  const file = settingOf(environment, "COMSPEC") ?? "cmd.exe";
  return { file, args: [...SWITCHES, `"${line}"`], isVerbatim: true };
}

/** Everything else may mean something to cmd.exe. */
const PLAIN = /^[A-Za-z0-9#$*+\-./:?@\\_]*[A-Za-z0-9#$*+\-./:?@_]$/;

function argument(text: string): string {
  if (/[\0\r\n]/.test(text)) {
    throw new Error("an argument of a script (.cmd, .bat) cannot hold a line break");
  }
  return PLAIN.test(text) ? text : quoted(text);
}

/**
 * In quotes for both that read it: cmd.exe, to which `""` is the end of a text and the beginning of the next,
 * and the program behind the script, to which it is a quote, and to which backslashes before a quote count
 * double. A `%` begins a name; `%cd:~,%` is an empty one that keeps it from doing so.
 */
function quoted(text: string): string {
  const doubled = text
    .replaceAll(/(\\*)"/g, '$1$1""')
    .replace(/(\\+)$/, "$1$1")
    .replaceAll("%", "%%cd:~,%");
  return `"${doubled}"`;
}
