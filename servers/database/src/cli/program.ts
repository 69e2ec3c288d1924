import { createCli, type ServerCli } from "@trestle/cli";
import { type Config, config } from "../config.ts";
import { server } from "../server.ts";
import { createState } from "../state.ts";
import { addDoctor } from "./doctor.ts";
import { addExport } from "./export.ts";
import { addImport } from "./import.ts";
import { addMigrate } from "./migrate.ts";
import type { Opened } from "./place.ts";
import { addSql } from "./sql.ts";
import { addTables } from "./tables.ts";

export const cli: ServerCli = createCli<Config, Opened>({
  name: "trestle-database",
  description: "A Postgres from the command line, by the rules of the MCP server.",
  settings: "--database-url <url>, --database-mode <mode>",
  server,
  config,
  open({ config: own, dataDir, clock, log }) {
    const state = createState({ config: own, dataDir: own.dataDir ?? dataDir, clock, log });
    return { state, close: () => state.close() };
  },
  add(to) {
    for (const add of [addSql, addTables, addExport, addImport, addMigrate, addDoctor]) add(to);
  },
});
