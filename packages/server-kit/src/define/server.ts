import {
  type ConfigField,
  type Host,
  isServerDefinition,
  type JsonObject,
  SERVER_ABI,
  SERVER_MARK,
  type ServerDefinition,
  type ToolSummary,
  TrestleError,
} from "@trestle/protocol";
import * as z from "zod";
import { toConfigFields } from "../config/fields.ts";
import { parseConfig, type RawSettings, secretValues } from "../config/parse.ts";
import { createInstance } from "../instance/instance.ts";
import type { StoredTasks } from "../instance/parts.ts";
import { withoutSecrets } from "../log.ts";
import { checkUnique, definitionError } from "./checks.ts";
import type { ListKind } from "./context.ts";
import type { PromptDefinition } from "./prompt.ts";
import type { ResourceDefinition } from "./resource.ts";
import { lazily } from "./schema.ts";
import type { ToolDefinition } from "./tool.ts";

/** A server as its author writes it: the table of contents. */
export interface ServerSpec<Config extends z.ZodObject, State> {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** What the model is told about the server as a whole. */
  readonly instructions?: string;
  /** Every field marked by `setting()`. */
  readonly config?: Config;
  /** Opens what the tools share. Called once, by the first request that needs it. A `close()` of the state is called at the end. */
  readonly open?: (parts: OpenParts<z.output<Config>>) => State | Promise<State>;
  readonly tools?: readonly ToolDefinition<State>[];
  readonly resources?: readonly ResourceDefinition<State>[];
  readonly prompts?: readonly PromptDefinition<State>[];
  /** Where tasks of its tools outlive the process. */
  readonly tasks?: StoredTasks<State>;
  /** Left out: true when an empty configuration is valid. */
  readonly needsNoCredentials?: boolean;
  /** Declares the (deprecated) MCP logging capability. */
  readonly logging?: boolean;
}

export interface OpenParts<Config> {
  readonly config: Readonly<Config>;
  readonly host: Host;
  resourceUpdated(uri: string): void;
  listChanged(kind: ListKind): void;
}

/** A server definition that can also show itself: for `--help`, tables and OpenAPI. */
export interface DefinedServer extends ServerDefinition {
  /** The entries of tools/list, whatever the profile. */
  describeTools(): JsonObject[];
}

/** Joins tools, resources and prompts to a server. Throws at once where they contradict each other. */
export function defineServer<Config extends z.ZodObject = z.ZodObject, State = undefined>(
  spec: ServerSpec<Config, State>,
): DefinedServer {
  const tools = spec.tools ?? [];
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(spec.name)) {
    throw definitionError(
      `Server name "${spec.name}" must be 1 to 32 lower-case letters, digits or hyphens.`,
    );
  }
  checkUnique(
    "tools",
    tools.flatMap((tool) => [tool.name, ...tool.aliases]),
  );
  checkUnique(
    "prompts",
    (spec.prompts ?? []).map(({ name }) => name),
  );
  checkUnique(
    "resources",
    (spec.resources ?? []).map((it) => it.uri ?? it.uriTemplate ?? ""),
  );
  const config = spec.config ?? z.object({});
  const configFields = lazily(() => toConfigFields(config));
  return {
    [SERVER_MARK]: true,
    abi: SERVER_ABI,
    name: spec.name,
    title: spec.title,
    version: spec.version,
    description: spec.description,
    get configFields() {
      return configFields();
    },
    tools: tools.map(summarize),
    get needsNoCredentials() {
      return spec.needsNoCredentials ?? config.safeParse({}).success;
    },
    describeTools: () => tools.map((tool) => tool.describe()),
    mount: (host, settings) =>
      mountServer({ spec, config, fields: configFields() }, host, settings),
  };
}

/** Checks mark and abi of a definition that another package handed over; refuses with a sentence. */
export function checkServerDefinition(value: unknown): ServerDefinition {
  if (!isServerDefinition(value)) {
    throw new TrestleError(
      "invalid_config",
      "This is not a Trestle server: export what defineServer returns.",
    );
  }
  if (value.abi !== SERVER_ABI) {
    throw new TrestleError(
      "invalid_config",
      `Server "${value.name}" was built for abi ${value.abi}, this host speaks abi ${SERVER_ABI}: install versions that belong together.`,
    );
  }
  return value;
}

function summarize(tool: ToolDefinition<never>): ToolSummary {
  return {
    name: tool.name,
    profile: tool.profile,
    readOnly: tool.hints.readOnly,
    ...(tool.cacheTtl !== undefined && { cacheTtl: tool.cacheTtl }),
  };
}

function mountServer<Config extends z.ZodObject, State>(
  parts: {
    spec: ServerSpec<Config, State>;
    config: z.ZodObject;
    fields: readonly ConfigField[];
  },
  given: Host,
  settings: RawSettings,
) {
  const { spec, fields } = parts;
  const secrets = secretValues(fields, settings);
  const host: Host = { ...given, log: withoutSecrets(given.log, secrets) };
  const config = parseConfig(parts.config, fields, settings) as Readonly<z.output<Config>>;
  return createInstance<State>({
    server: {
      name: spec.name,
      title: spec.title,
      version: spec.version,
      description: spec.description,
      instructions: spec.instructions,
      logging: spec.logging ?? false,
    },
    tools: spec.tools ?? [],
    resources: spec.resources ?? [],
    prompts: spec.prompts ?? [],
    tasks: spec.tasks,
    profile: profileOf(settings),
    secrets,
    host,
    open: async (events) => spec.open?.({ config, host, ...events }) as State,
  });
}

/** Which tools are listed; the host's choice, so it is no setting of the server. */
function profileOf(settings: RawSettings): "core" | "all" {
  const profile = settings.profile || settings.TRESTLE_PROFILE || "core";
  if (profile === "core" || profile === "all") return profile;
  throw new TrestleError("invalid_config", `Unknown profile "${profile}": use core or all.`);
}
