import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { TrestleError } from "@trestle/protocol";
import type { OAuthRules } from "../oauth-login/oauth-login.ts";
import type { CheckedFile, ConfigChecks } from "./checks.ts";
import { runSecretCommandNow } from "./commands.ts";
import { withEnvironment } from "./environment.ts";
import { createReferenceReader, type References } from "./references.ts";
import type { BridgeSettings } from "./schema.ts";
import { createSecretRegister, type SecretRegister } from "./secret-register.ts";
import { type Problem, readServers, type ServerConfig, type Surroundings } from "./servers.ts";
import type { TelemetrySettings } from "./telemetry-schema.ts";
import { readText } from "./text.ts";
import { type EventsConfig, readEvents } from "./webhooks.ts";

export interface Config
  extends Omit<
    BridgeSettings,
    "mcpServers" | "$schema" | "http" | "events" | "store" | "telemetry" | "access"
  > {
  /** With what became of the references to the client of the login. */
  readonly access: Omit<BridgeSettings["access"], "oauth"> & { readonly oauth?: OAuthRules };
  /** Where `redis` is named, bridges of the same prefix are one; where `postgres` is, their history goes there. */
  readonly store: Omit<BridgeSettings["store"], "redis" | "postgres"> & {
    readonly redis?: string;
    readonly postgres?: string;
  };
  readonly http: Omit<BridgeSettings["http"], "key"> & { readonly key?: string };
  readonly events: EventsConfig;
  readonly telemetry: TelemetryConfig;
  /** The file it was read from; nothing where there is none. */
  readonly file?: string;
  /** Every file that it depends on, those that are not there included. */
  readonly files: readonly string[];
  /** Which definitions of the servers are approved; it need not be there. */
  readonly lockFile: string;
  /** Absolute; one folder per server below it. */
  readonly home: string;
  readonly servers: readonly ServerConfig[];
  readonly problems: readonly Problem[];
  /** The process's environment over that of the `.env` file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What must never be shown. */
  readonly secrets: SecretRegister;
  /** Keys that the command line decides, whatever the file says. */
  readonly given?: readonly string[];
  /** Reads the same files once more. A file that was there and is gone is missed. */
  again(): Promise<Config>;
  /** What it would be with this text in its file; nothing is kept of it. Throws as reading it would. */
  withText(text: string): Promise<Config>;
}

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`; without it `trestle.json` of the working directory is read if it is there. */
  readonly file?: string | undefined;
  /** A file that is named need not be there: it is about to be made. */
  readonly isNew?: boolean;
  readonly envFile?: string | undefined;
  /** Of an earlier reading, whose secrets stay secrets. */
  readonly secrets?: SecretRegister;
}

const MIN_KEY_LENGTH = 16;

/** Those of our servers that work without credentials: what a bridge without a file serves. */
export const DEFAULT_SERVERS: Record<string, unknown> = {
  database: { embedded: "database" },
  knowledge: { embedded: "knowledge" },
  tracker: { embedded: "tracker" },
  orchestrator: { embedded: "orchestrator" },
  objects: { embedded: "objects" },
};

/** Told to a collector: where the endpoint is absent, nothing is. */
export interface TelemetryConfig extends Omit<TelemetrySettings, "endpoint" | "headers"> {
  readonly endpoint?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads file and environment into one frozen Config. An unreadable file or a bad bridge-wide key throws `invalid_config`. */
export function readConfig(options: LoadOptions, checks: ConfigChecks): Config {
  const { cwd, secrets = createSecretRegister() } = options;
  // Hosts that ask a person for it give an empty one where nothing was said.
  const file = options.file || undefined;
  const path = file === undefined ? join(cwd, "trestle.json") : resolve(cwd, file);
  const found = (file !== undefined && !options.isNew) || existsSync(path);
  const folder = dirname(path);
  const envFile =
    options.envFile === undefined ? join(folder, ".env") : resolve(cwd, options.envFile);
  const env = { ...readEnvFile(envFile, options.envFile !== undefined), ...options.env };
  const home = resolve(cwd, env.TRESTLE_HOME || join(homedir(), ".trestle"));
  const checked = checks.file({ text: found ? readText(path) : undefined, path, home });
  const { document } = checked;
  const settings = withEnvironment(checked.settings, env);
  const { mcpServers = DEFAULT_SERVERS, $schema: _schema, http, access, ...rest } = settings;
  const { key: _reference, ...address } = http;
  const from: ReferredFrom = { folder, env, document, secrets };
  const key = readKey(http.key, from);
  const redis = readRedis(settings.store.redis, from);
  const postgres = readPostgres(settings.store.postgres, from);
  const client = readClient(access.oauth?.login, from);
  const { telemetry, ...collector } = readTelemetry(settings.telemetry, from);
  const servers = readServers(mcpServers, { folder, env }, checks);
  const { events, ...told } = readEvents(settings.events, { folder, env }, document);
  const keys = [env.MCP_ENCRYPTION_KEY, env.MCP_API_KEY].filter((value) => value !== undefined);
  const own = [key, redis, postgres, client].flatMap((referred) => referred?.secrets ?? []);
  secrets.add([...keys, ...own, ...collector.secrets, ...servers.secrets, ...told.secrets]);
  return Object.freeze({
    ...rest,
    events,
    telemetry,
    access: withClient(access, client?.login),
    http: { ...address, ...(key && { key: key.value }) },
    store: {
      ...{ prefix: settings.store.prefix, retention: settings.store.retention },
      quotas: settings.store.quotas,
      ...(redis && { redis: redis.value }),
      ...(postgres && { postgres: postgres.value }),
    },
    ...(found ? { file: path } : {}),
    files: [
      path,
      envFile,
      ...servers.files,
      ...told.files,
      ...collector.files,
      ...(key?.files ?? []),
      ...(redis?.files ?? []),
      ...(postgres?.files ?? []),
      ...(client?.files ?? []),
    ],
    lockFile: found ? lockFileOf(path) : join(home, "bridge", "pins", "trestle.lock.json"),
    home,
    servers: servers.servers,
    problems: servers.problems.map((problem) => located(problem, document)),
    env,
    secrets,
    async again() {
      const { loadConfig } = await import("./load.ts");
      return loadConfig({ ...options, ...(found && { file: path }), secrets });
    },
    async withText(text: string) {
      const { loadText } = await import("./load.ts");
      return loadText(text, { ...options, file: path, isNew: true, secrets });
    },
  });
}

/** `trestle.lock.json` beside `trestle.json`. */
function lockFileOf(file: string): string {
  return `${file.replace(/\.jsonc?$/, "")}.lock.json`;
}

function readEnvFile(path: string, isAsked: boolean): NodeJS.Dict<string> {
  return isAsked || existsSync(path) ? parseEnv(readText(path)) : {};
}

function located(problem: Problem, document: CheckedFile["document"]): Problem {
  if (!document) return problem;
  const path = ["mcpServers", problem.server, ...(problem.key?.split(".") ?? [])];
  const keys = path.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  return { ...problem, line: document.lineOf(keys) };
}

interface ReferredFrom extends Surroundings {
  readonly document: CheckedFile["document"];
  readonly secrets: SecretRegister;
}

interface Referred extends Pick<References, "files" | "secrets"> {
  readonly value: string;
}

/** A text that may be referred to, so that it need not stand in the file. */
function readReferred(
  raw: unknown,
  keys: readonly string[],
  { folder, env, document, secrets }: ReferredFrom,
): { readonly value: string; readonly files: readonly string[]; fail(what: string): never } {
  const name = keys.join(".");
  const fail = (what: string): never => {
    const where = document ? `${document.path}:${document.lineOf([...keys])}: ` : "";
    throw new TrestleError("invalid_config", `${where}${name}${what}.`);
  };
  const references = createReferenceReader(folder, env);
  let value = String(references.expand(raw, name));
  const bad = references.problems.find(({ level }) => level === "error");
  if (bad) fail(`: ${bad.message}`);
  for (const command of references.commands) {
    value = value.replaceAll(command.mark, () =>
      secrets.printed(command.mark, () => runSecretCommandNow(command)),
    );
  }
  return { value, files: references.files, fail };
}

/** What may be sent along is for the collector alone. */
function readTelemetry({ endpoint: raw, headers, ...rest }: TelemetrySettings, from: ReferredFrom) {
  const sent = Object.entries(headers).map(([name, value]) => {
    const { value: text, files } = readReferred(value, ["telemetry", "headers", name], from);
    return { name, text, files };
  });
  const telemetry: TelemetryConfig = {
    ...rest,
    headers: Object.fromEntries(sent.map(({ name, text }) => [name, text])),
  };
  const secrets = sent.map(({ text }) => text);
  const files = sent.flatMap((each) => each.files);
  if (raw === undefined) return { telemetry, secrets, files };
  const endpoint = readReferred(raw, ["telemetry", "endpoint"], from);
  const { protocol = "" } = URL.parse(endpoint.value) ?? {};
  if (!/^https?:$/.test(protocol)) endpoint.fail(": must be an http or https URL");
  return {
    telemetry: { ...telemetry, endpoint: endpoint.value },
    secrets,
    files: [...files, ...endpoint.files],
  };
}

function readKey(raw: unknown, from: ReferredFrom): Referred | undefined {
  if (raw === undefined) return undefined;
  const { value, files, fail } = readReferred(raw, ["http", "key"], from);
  if (value.length < MIN_KEY_LENGTH) {
    const isReference = typeof raw === "string" && /^\$\{[^}]*\}$/.test(raw);
    const referred = isReference ? ` (the value of ${raw})` : "";
    fail(`${referred}: must have at least ${MIN_KEY_LENGTH} characters`);
  }
  return { value, files, secrets: [value] };
}

type Access = BridgeSettings["access"];
type AsWritten = NonNullable<Access["oauth"]>["login"];

/** The client as which people log in. Its id is for everybody to see, its secret for the issuer alone. */
function readClient(raw: AsWritten, from: ReferredFrom) {
  if (raw === undefined) return undefined;
  const keys = ["access", "oauth", "login"];
  const id = readReferred(raw.clientId, [...keys, "clientId"], from);
  if (id.value === "") id.fail(": must not be empty");
  const { clientSecret: given, scopes } = raw;
  const secret =
    given === undefined ? undefined : readReferred(given, [...keys, "clientSecret"], from);
  if (secret?.value === "") secret.fail(": must not be empty");
  return {
    login: { clientId: id.value, clientSecret: secret?.value, ...(scopes && { scopes }) },
    secrets: secret === undefined ? [] : [secret.value],
    files: [...id.files, ...(secret?.files ?? [])],
  };
}

function withClient({ oauth, ...rest }: Access, login: OAuthRules["login"]): Config["access"] {
  if (oauth === undefined) return rest;
  const { login: _references, ...rules } = oauth;
  return { ...rest, oauth: { ...rules, ...(login && { login }) } };
}

/** What bridges hand out has to be good at every one of them, so all seal it with the same key. */
function readRedis(raw: unknown, from: ReferredFrom): Referred | undefined {
  if (raw === undefined) return undefined;
  const { value, files, fail } = readReferred(raw, ["store", "redis"], from);
  const url = URL.parse(value);
  if (!url || !/^rediss?(\+cluster)?:$/.test(url.protocol)) {
    fail(": must be redis://host:port, rediss://host:port or redis+cluster://host:port");
  }
  if (!from.env.MCP_ENCRYPTION_KEY) {
    fail(": needs MCP_ENCRYPTION_KEY in the environment, the same for every bridge that shares it");
  }
  return { value, files, secrets: secretsOf(value, url) };
}

function readPostgres(raw: unknown, from: ReferredFrom): Referred | undefined {
  if (raw === undefined) return undefined;
  const { value, files, fail } = readReferred(raw, ["store", "postgres"], from);
  const url = URL.parse(value);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    fail(": must be postgres://user:password@host:port/database");
  }
  return { value, files, secrets: secretsOf(value, url) };
}

function secretsOf(address: string, url: URL | null): string[] {
  const password = url?.password ?? "";
  return password === "" ? [] : [address, decodeURIComponent(password)];
}
