import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScratchManifest } from "@trestle/testkit/scratch-install";
import { program } from "./command.ts";

/** Where a server of others is started. */
export interface Place {
  readonly databaseUrl: string;
  /** What was installed for it; "" for ours. */
  readonly installed: string;
  /** A folder of its own, empty before its first start. */
  readonly home: string;
  /** Answers who an account of Neon is, and nothing else. */
  readonly accountUrl: string;
}

export interface Peer {
  readonly name: string;
  /** Pinned: figures of another day are of the same program. Left out for ours. */
  readonly manifest?: ScratchManifest;
  /** In its read-only mode, where it has one. */
  readonly args: (place: Place) => readonly string[];
  readonly env: (place: Place) => Readonly<Record<string, string>>;
  /** The tool that runs SQL, where it works without an account. */
  readonly query?: { readonly tool: string; readonly argument: string };
}

export const OURS = "@trestle-mcp/database";

export const PEERS: readonly Peer[] = [
  {
    name: OURS,
    args: () => [program()],
    env: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl }),
    query: { tool: "run_sql", argument: "sql" },
  },
  {
    name: "@modelcontextprotocol/server-postgres 0.6.2",
    manifest: { dependencies: { "@modelcontextprotocol/server-postgres": "0.6.2" } },
    args: (place) => [
      inModules(place, "@modelcontextprotocol/server-postgres/dist/index.js"),
      place.databaseUrl,
    ],
    env: () => ({}),
    query: { tool: "query", argument: "sql" },
  },
  {
    name: "@bytebase/dbhub 1.4.0",
    manifest: { dependencies: { "@bytebase/dbhub": "1.4.0" } },
    args: (place) => [
      inModules(place, "@bytebase/dbhub/dist/index.js"),
      ...["--transport", "stdio", "--config", readOnlyHub(place)],
    ],
    env: () => ({}),
    query: { tool: "execute_sql", argument: "sql" },
  },
  {
    // Its SQL goes to Neon's cloud and needs an account: only its start and its list are measured.
    name: "@neondatabase/mcp-server-neon 0.6.5",
    manifest: {
      dependencies: { "@neondatabase/mcp-server-neon": "0.6.5" },
      // One of its dependencies names a repository instead of the registry.
      overrides: { "@fastify/otel": "0.8.0" },
    },
    args: (place) => [
      inModules(place, "@neondatabase/mcp-server-neon/dist/index.js"),
      ...["start", "no-key", "--no-analytics"],
    ],
    env: ({ accountUrl }) => ({ NEON_API_HOST: accountUrl, SENTRY_DSN: "" }),
  },
];

function inModules({ installed }: Place, path: string): string {
  return join(installed, "node_modules", path);
}

/** Its only way to a read-only mode is a file. */
function readOnlyHub({ home, databaseUrl }: Place): string {
  const plain = new URL(databaseUrl);
  plain.searchParams.set("sslmode", "disable");
  const file = join(home, "dbhub.toml");
  const lines = [
    ...["[[sources]]", 'id = "default"', `dsn = "${plain.href}"`],
    ...["[[tools]]", 'name = "execute_sql"', 'source = "default"', "readonly = true"],
  ];
  writeFileSync(file, lines.join("\n"));
  return file;
}
