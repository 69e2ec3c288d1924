import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";

/** Servers as others publish them: the schemas of their tools' arguments, and answers in their form. */

export interface Called {
  readonly server: string;
  readonly tool: string;
  readonly args: JsonObject;
}

export type Answer = (args: JsonObject) => JsonValue;

interface Tool {
  /** As the server's makers publish it. */
  readonly inputSchema: JsonObject;
  /** Its answer is structured content, and not only text. */
  readonly isStructured?: boolean;
}

const text = { type: "string" };
const number = { type: "number" };
const integer = { type: "integer" };
const list = { type: "array" };
const object = { type: "object" };

const takes = (properties: JsonObject, required: readonly string[], more: JsonObject = {}) => ({
  inputSchema: { type: "object", properties, required: [...required], ...more },
});
/** Ours know no argument that they do not name. */
const ours = (properties: JsonObject, required: readonly string[]) => ({
  ...takes(properties, required, { additionalProperties: false }),
  isStructured: true,
});

const repository = { owner: text, repo: text };
const actions = (methods: readonly string[]) => ({
  method: { type: "string", enum: [...methods] },
  ...repository,
});
const resource = { resourceType: text, name: text, namespace: text, context: text };

export const PUBLISHED: Readonly<Record<string, Readonly<Record<string, Tool>>>> = {
  github: {
    merge_pull_request: takes(
      {
        ...repository,
        pullNumber: number,
        commit_title: text,
        commit_message: text,
        merge_method: { type: "string", enum: ["merge", "squash", "rebase"] },
      },
      ["owner", "repo", "pullNumber"],
    ),
    actions_run_trigger: {
      ...takes(
        {
          ...actions(["run_workflow", "rerun_workflow_run", "cancel_workflow_run"]),
          inputs: object,
          ref: text,
          run_id: number,
          workflow_id: text,
        },
        ["method", "owner", "repo"],
      ),
      isStructured: true,
    },
    actions_list: {
      ...takes(
        {
          ...actions(["list_workflows", "list_workflow_runs", "list_workflow_jobs"]),
          resource_id: text,
          page: number,
          perPage: number,
          workflow_runs_filter: object,
        },
        ["method", "owner", "repo"],
      ),
      isStructured: true,
    },
    actions_get: {
      ...takes({ ...actions(["get_workflow", "get_workflow_run"]), resource_id: text }, [
        ...["method", "owner", "repo", "resource_id"],
      ]),
      isStructured: true,
    },
  },
  kubernetes: {
    kubectl_get: takes(
      { ...resource, output: { enum: ["json", "yaml", "wide", "name", "custom"] } },
      ["resourceType", "name", "namespace"],
    ),
    kubectl_patch: takes(
      {
        ...resource,
        patchType: { enum: ["strategic", "merge", "json"] },
        patchData: object,
        patchFile: text,
        dryRun: { type: "boolean" },
      },
      ["resourceType", "name"],
    ),
    kubectl_rollout: takes(
      {
        ...resource,
        subCommand: { enum: ["history", "pause", "restart", "resume", "status", "undo"] },
        revision: number,
        toRevision: number,
        timeout: text,
        watch: { type: "boolean" },
      },
      ["subCommand", "resourceType", "name", "namespace"],
    ),
  },
  slack: { slack_post_message: takes({ channel_id: text, text }, ["channel_id", "text"]) },
  stripe: {
    stripe_api_write: takes({ stripe_api_operation_id: text, parameters: object }, [
      ...["stripe_api_operation_id", "parameters"],
    ]),
  },
  gmail: {
    send_email: takes(
      { to: list, subject: text, body: text, htmlBody: text, cc: list, bcc: list },
      [...["to", "subject", "body"]],
    ),
  },
  database: {
    run_migrations: ours({ count: integer, dryRun: { type: "boolean" }, confirm: text }, []),
    rollback_migration: ours({ count: integer, dryRun: { type: "boolean" }, confirm: text }, []),
    insert_rows: ours({ table: text, schema: text, rows: list, returning: list }, [
      "table",
      "rows",
    ]),
    upsert_rows: ours(
      {
        table: text,
        schema: text,
        rows: list,
        conflictColumns: list,
        update: list,
        returning: list,
      },
      ["table", "rows"],
    ),
    delete_rows: ours(
      { table: text, schema: text, where: object, all: { type: "boolean" }, returning: list },
      ["table"],
    ),
    select_rows: ours(
      { table: text, schema: text, columns: list, where: object, orderBy: list, limit: integer },
      ["table"],
    ),
  },
  documents: {
    extract_text: ours({ path: text, language: { enum: ["por", "eng", "por+eng"] } }, ["path"]),
    analyze_content: ours({ text }, ["text"]),
    extract_reservations: ours({ text }, ["text"]),
    calendar: ours({ reservations: list, from: text, to: text }, ["reservations", "from", "to"]),
    occupancy: ours({ reservations: list, from: text, to: text, units: integer }, [
      "reservations",
      "from",
      "to",
    ]),
  },
};

/** The entries of `tools/list`, as a bridge gives them. */
export function listPublished(): JsonObject[] {
  return Object.entries(PUBLISHED).flatMap(([server, tools]) =>
    Object.entries(tools).map(([tool, { inputSchema }]) => ({
      name: `${server}__${tool}`,
      inputSchema,
    })),
  );
}

/** What the tool sends for what it answers. Throws where a server would refuse the arguments. */
export function answerAs(server: string, tool: string, value: JsonValue): JsonObject {
  const published = PUBLISHED[server]?.[tool];
  if (published === undefined) throw new TrestleError("not_found", `${server} has no ${tool}`);
  const content = [
    { type: "text", text: typeof value === "string" ? value : JSON.stringify(value) },
  ];
  return published.isStructured && isJsonObject(value)
    ? { content, structuredContent: value }
    : { content };
}
