import type { JsonObject } from "@trestle/protocol";

/** What workflow templates ask of any server of a kind, in the templates' own words. */
interface TemplateTools {
  repository:
    | "create_branch"
    | "write_file"
    | "push_files"
    | "create_pull_request"
    | "merge_pull_request";
  hosting:
    | "list_services"
    | "list_deployments"
    | "get_deployment"
    | "redeploy"
    | "set_variables"
    | "read_logs";
  database: "list_tables" | "run_sql" | "apply_migration" | "create_branch" | "delete_branch";
  payments: "read" | "write";
}

interface PresetOf<Kind extends keyof TemplateTools> {
  readonly title: string;
  readonly kind: Kind;
  readonly entry: JsonObject;
  /** Variables of the environment (or of `.env`) that it needs. */
  readonly needs: readonly { readonly name: string; readonly what: string }[];
  /** What else a person has to know. */
  readonly note?: string;
  readonly docs: string;
  /** The server's own tools for what templates ask of its kind. What is missing it has no tool for. */
  readonly bindings: Readonly<Partial<Record<TemplateTools[Kind], string>>>;
}

/** A server that people ask for by name, as its makers publish it. */
export type Preset = { [Kind in keyof TemplateTools]: PresetOf<Kind> }[keyof TemplateTools];

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: entries refer to the environment.
export const PRESETS: Readonly<Record<string, Preset>> = {
  github: {
    title: "GitHub",
    kind: "repository",
    entry: {
      type: "http",
      url: "https://api.githubcopilot.com/mcp/",
      headers: { Authorization: "Bearer ${GITHUB_PERSONAL_ACCESS_TOKEN}" },
    },
    needs: [{ name: "GITHUB_PERSONAL_ACCESS_TOKEN", what: "a personal access token" }],
    docs: "https://github.com/github/github-mcp-server",
    bindings: {
      create_branch: "create_branch",
      write_file: "create_or_update_file",
      push_files: "push_files",
      create_pull_request: "create_pull_request",
      merge_pull_request: "merge_pull_request",
    },
  },
  render: {
    title: "Render",
    kind: "hosting",
    entry: {
      type: "http",
      url: "https://mcp.render.com/mcp",
      headers: { Authorization: "Bearer ${RENDER_API_KEY}" },
    },
    needs: [{ name: "RENDER_API_KEY", what: "an API key" }],
    docs: "https://render.com/docs/mcp-server",
    bindings: {
      list_services: "list_services",
      list_deployments: "list_deploys",
      get_deployment: "get_deploy",
      set_variables: "update_environment_variables",
      read_logs: "list_logs",
    },
  },
  vercel: {
    title: "Vercel",
    kind: "hosting",
    entry: { type: "http", url: "https://mcp.vercel.com" },
    needs: [],
    note: "It signs people in with OAuth in a browser, which the bridge does not do: give it a token with --header 'Authorization=Bearer ${VERCEL_TOKEN}', or put a program in between that signs in.",
    docs: "https://vercel.com/docs/mcp/vercel-mcp",
    bindings: {
      list_services: "list_projects",
      list_deployments: "list_deployments",
      get_deployment: "get_deployment",
      read_logs: "get_deployment_build_logs",
    },
  },
  supabase: {
    title: "Supabase",
    kind: "database",
    entry: {
      command: "npx",
      args: ["-y", "@supabase/mcp-server-supabase@latest"],
      env: { SUPABASE_ACCESS_TOKEN: "${SUPABASE_ACCESS_TOKEN}" },
    },
    needs: [{ name: "SUPABASE_ACCESS_TOKEN", what: "a personal access token" }],
    docs: "https://supabase.com/docs/guides/getting-started/mcp",
    bindings: {
      list_tables: "list_tables",
      run_sql: "execute_sql",
      apply_migration: "apply_migration",
      create_branch: "create_branch",
      delete_branch: "delete_branch",
    },
  },
  stripe: {
    title: "Stripe",
    kind: "payments",
    entry: {
      type: "http",
      url: "https://mcp.stripe.com",
      headers: { Authorization: "Bearer ${STRIPE_SECRET_KEY}" },
    },
    needs: [{ name: "STRIPE_SECRET_KEY", what: "a restricted API key" }],
    docs: "https://docs.stripe.com/mcp",
    bindings: { read: "stripe_api_read", write: "stripe_api_write" },
  },
  railway: {
    title: "Railway",
    kind: "hosting",
    entry: { command: "railway", args: ["mcp", "proxy"] },
    needs: [],
    note: "It needs the Railway CLI, signed in with `railway login`.",
    docs: "https://docs.railway.com/ai/mcp-server",
    bindings: { list_services: "list-services", redeploy: "redeploy" },
  },
  neon: {
    title: "Neon",
    kind: "database",
    entry: {
      type: "http",
      url: "https://mcp.neon.tech/mcp",
      headers: { Authorization: "Bearer ${NEON_API_KEY}" },
    },
    needs: [{ name: "NEON_API_KEY", what: "an API key" }],
    docs: "https://neon.com/docs/ai/neon-mcp-server",
    bindings: {
      list_tables: "get_database_tables",
      run_sql: "run_sql",
      create_branch: "create_branch",
      delete_branch: "delete_branch",
    },
  },
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
