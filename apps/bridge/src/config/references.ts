import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { isSecretName } from "@trestle/protocol";

/**
 * References in the strings of an entry: `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${file:PATH}`,
 * `${command:PROGRAM ARGUMENT…}`, and `{ "command": [PROGRAM, ARGUMENT…] }` in place of a string. Values of
 * the environment and of files are put in at once; a command runs when its value is first needed, and
 * until then a mark stands for it.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** A command whose output stands where its mark is. */
export interface CommandReference {
  readonly mark: string;
  readonly argv: readonly string[];
  /** The key whose value it is part of: `env.TOKEN`. */
  readonly key: string;
}

/** Something that a reference met. An error leaves its owner without a value. */
export interface ReferenceProblem {
  readonly key: string;
  readonly level: "warning" | "error";
  readonly message: string;
}

export interface References {
  readonly problems: readonly ReferenceProblem[];
  readonly commands: readonly CommandReference[];
  /** The files that were read or should have been: when they change, so does the configuration. */
  readonly files: readonly string[];
  /** Values that must not be shown. */
  readonly secrets: readonly string[];
}

export interface ReferenceReader extends References {
  /** A copy with every reference replaced, at any depth. */
  expand(value: unknown, key: string): unknown;
}

const REFERENCE = /\$\{(?:(env|file|command):([^}]*)|([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?)\}/g;
/** Shorter values of variables are words, and would be found everywhere. */
const MIN_SECRET_LENGTH = 8;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/** Reads the references of one entry. `folder` is what relative paths count from. */
export function createReferenceReader(folder: string, env: Environment): ReferenceReader {
  const problems: ReferenceProblem[] = [];
  const commands: CommandReference[] = [];
  const files: string[] = [];
  const secrets: string[] = [];
  const fail = (key: string, message: string): string => {
    problems.push({ key, level: "error", message });
    return "";
  };

  function variable(name: string, fallback: string | undefined, key: string): string {
    const value = env[name] ?? fallback;
    if (value === undefined) return fail(key, `\${${name}} is not set`);
    const isSecret = isSecretName(name) || isSecretPlace(key);
    if (isSecret && value.length >= MIN_SECRET_LENGTH) secrets.push(value);
    return value;
  }

  function file(text: string, key: string): string {
    const path = resolve(folder, text.trim().replace(/^~(?=\/)/, homedir()));
    files.push(path);
    try {
      if (isOpenToAll(path)) {
        const message = `${path} can be read by every user of this machine: chmod 600`;
        problems.push({ key, level: "warning", message });
      }
      const value = readFileSync(path, "utf8").replace(/\r?\n$/, "");
      if (value === "") return fail(key, `${path} is empty`);
      secrets.push(value);
      return value;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return fail(key, `${path} cannot be read (${code === "ENOENT" ? "no such file" : code})`);
    }
  }

  function command(argv: readonly string[], key: string): string {
    if (argv.length === 0) return fail(key, "names no command");
    const digest = createHash("sha256").update(JSON.stringify(argv)).digest("hex").slice(0, 16);
    const mark = `trestle-secret-${digest}`;
    commands.push({ mark, argv, key });
    return mark;
  }

  function expandText(text: string, key: string): string {
    return text.replaceAll(REFERENCE, (whole, kind, content, name, fallback) => {
      if (kind === "file") return file(content, key);
      if (kind === "command") return command(wordsOf(content), key);
      if (kind === undefined) return variable(name, fallback, key);
      const [, asked, otherwise] = VARIABLE.exec(content) ?? [];
      return asked === undefined
        ? fail(key, `${whole} names no variable`)
        : variable(asked, otherwise, key);
    });
  }

  function expand(value: unknown, key: string): unknown {
    if (typeof value === "string") return expandText(value, key);
    if (Array.isArray(value)) return value.map((item, index) => expand(item, `${key}.${index}`));
    if (typeof value !== "object" || value === null) return value;
    if (isCommand(value)) return command(value.command, key);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, expand(item, `${key}.${name}`)]),
    );
  }

  return { problems, commands, files, secrets, expand };
}

/** Values of these are kept from sight whatever they are called. */
function isSecretPlace(key: string): boolean {
  return /^(env|headers)\./.test(key) || key === "http.key";
}

function isCommand(value: object): value is { command: string[] } {
  const { command, ...rest } = value as { command?: unknown };
  return (
    Array.isArray(command) &&
    Object.keys(rest).length === 0 &&
    command.every((word) => typeof word === "string")
  );
}

/** Words as a shell splits them, with quotes around those that hold a space; nothing else is special. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(
    ([whole, double, single]) => double ?? single ?? whole,
  );
}

function isOpenToAll(path: string): boolean {
  return process.platform !== "win32" && (statSync(path).mode & 0o004) !== 0;
}
