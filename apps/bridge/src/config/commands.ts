import { execFile, spawnSync } from "node:child_process";
import { TrestleError } from "@trestle/protocol";
import type { CommandReference } from "./references.ts";
import type { SecretRegister } from "./secret-register.ts";
import type { ServerConfig } from "./servers.ts";

/** How long a keyring may take, a person's word included. */
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;

/** The server with what its commands print in place of their marks. All are registered before anything uses them. */
export async function withSecrets(
  server: ServerConfig,
  secrets: SecretRegister,
): Promise<ServerConfig> {
  const { put } = createCommandValues(() => secrets);
  return { ...server, entry: await put(server.entry, server.commands) } as ServerConfig;
}

/** What commands print, each run once until it is forgotten. One that failed is run again. */
export interface CommandValues {
  /** A copy with what the commands print in place of their marks; registered before anything uses it. */
  put<Value>(value: Value, commands: readonly CommandReference[]): Promise<Value>;
  forget(): void;
}

export function createCommandValues(secrets: () => SecretRegister): CommandValues {
  const known = new Map<string, Promise<string>>();

  function printed(command: CommandReference): Promise<string> {
    const { mark } = command;
    const value = known.get(mark) ?? runSecretCommand(command);
    known.set(mark, value);
    value.catch(() => {
      if (known.get(mark) === value) known.delete(mark);
    });
    return value;
  }

  return {
    async put(value, commands) {
      const values = await Promise.all(
        commands.map(async (command) => [command.mark, await printed(command)] as const),
      );
      secrets().add(values.map(([, secret]) => secret));
      return withValues(value, values) as typeof value;
    },
    forget: () => known.clear(),
  };
}

function withValues(value: unknown, values: readonly (readonly [string, string])[]): unknown {
  if (typeof value === "string") {
    return values.reduce((text, [mark, secret]) => text.replaceAll(mark, () => secret), value);
  }
  if (Array.isArray(value)) return value.map((item) => withValues(item, values));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withValues(item, values)]);
  return Object.fromEntries(entries);
}

/** What the command prints, without the newline at its end. Its output never stands in an error. */
function runSecretCommand({ argv, key }: CommandReference): Promise<string> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES, encoding: "utf8" } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const outcome = { stdout, stderr, error, killed: error?.killed === true };
      try {
        resolve(outputOf(outcome, program, key));
      } catch (failure) {
        reject(failure);
      }
    });
    child.stdin?.on("error", () => {}).end();
  });
}

/** As `runSecretCommand`, for the few values without which nothing can begin. */
export function runSecretCommandNow({ argv, key }: CommandReference): string {
  const [program = "", ...args] = argv;
  const options = {
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_BYTES,
    encoding: "utf8",
    input: "",
  } as const;
  const { stdout, stderr, error, signal, status } = spawnSync(program, args, options);
  const failed = error ?? (status === 0 ? null : Object.assign(new Error(), { code: status }));
  return outputOf({ stdout, stderr, error: failed, killed: signal !== null }, program, key);
}

interface Outcome {
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly error: Error | null;
  readonly killed: boolean;
}

function outputOf(
  { stdout, stderr, error, killed }: Outcome,
  program: string,
  key: string,
): string {
  const value = (stdout ?? "").replace(/\r?\n$/, "");
  if (!error && value !== "") return value;
  const said = (stderr ?? "").trimEnd().split("\n").at(-1)?.trim();
  const what = error ? reasonOf(error, killed) : "printed nothing";
  // What it printed may be half of the secret, and may stand in its complaint, too.
  const complaint = said && !(value.length >= 4 && said.includes(value)) ? ` (${said})` : "";
  throw new TrestleError("invalid_config", `${key}: the command ${program} ${what}${complaint}.`);
}

function reasonOf(error: Error, killed: boolean): string {
  const { code } = error as { code?: unknown };
  if (code === "ENOENT") return "was not found";
  if (code === "EACCES") return "may not be run";
  if (killed || code === "ETIMEDOUT") return `did not end within ${TIMEOUT_MS / 1000} s`;
  return typeof code === "number" ? `failed with exit code ${code}` : `failed (${String(code)})`;
}
