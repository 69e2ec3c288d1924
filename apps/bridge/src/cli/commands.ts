import { addAdd } from "./add.ts";
import { addAlerts } from "./alerts.ts";
import { addAudit } from "./audit.ts";
import { addAuth } from "./auth.ts";
import { addBackup, addReset, addRestore } from "./backup.ts";
import { addBatch } from "./batch.ts";
import { addCache } from "./cache.ts";
import { addCall } from "./call.ts";
import { addChain } from "./chain.ts";
import { type Cli, load, runs } from "./command.ts";
import { addCompletion } from "./completion.ts";
import { checkConfig, printSchema } from "./config.ts";
import { addConfigValues } from "./config-values.ts";
import { addCosts } from "./costs.ts";
import { addDoctor } from "./doctor.ts";
import { addEvents } from "./events.ts";
import { addFind } from "./find.ts";
import { addHistory } from "./history.ts";
import { addImport } from "./import.ts";
import { addKeys } from "./keys.ts";
import { addMetrics } from "./metrics.ts";
import { addOpenApi } from "./openapi.ts";
import { addOperation } from "./operation.ts";
import { withJson } from "./options.ts";
import { addPerformance } from "./performance.ts";
import { addPins } from "./pins.ts";
import { addPrintConfig } from "./print-config.ts";
import { addServe } from "./program.ts";
import { addPromote } from "./promote.ts";
import { addPs } from "./ps.ts";
import { addRemove } from "./remove.ts";
import { addReview } from "./review.ts";
import { addServers } from "./servers.ts";
import { addService } from "./service.ts";
import { addStats } from "./stats.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { addTest } from "./test.ts";
import { tools } from "./tools.ts";
import { addTune } from "./tune.ts";
import { addUninstall } from "./uninstall.ts";
import { addWebhooks } from "./webhooks.ts";
import { addWhy } from "./why.ts";

/** In the order of `trestle --help`. */
export const COMMANDS: readonly ((cli: Cli) => void)[] = [
  ...[addServe, addStop, addStatus, addServers, addPs, addDoctor],
  ...[addTools, addFind, addCall, addBatch, addChain, addPromote],
  ...[addHistory, addWhy, addMetrics, addPerformance, addStats],
  ...[addCosts, addTune, addAlerts, addEvents],
  ...[addCache, addReview],
  addPins,
  ...[addWebhooks, addTest],
  addAuth,
  ...[addKeys, addAudit],
  ...[addBackup, addRestore, addReset],
  ...[addImport, addUninstall, addAdd, addRemove],
  ...[addConfig, addOpenApi, addOperation, addService, addCompletion],
];

function addStop(cli: Cli): void {
  const command = cli.program.command("stop").description("stop the bridge that runs in this home");
  withJson(command).action(
    runs(cli, (place, { json = false }: { json?: boolean }) => stop({ ...place, json })),
  );
}

function addStatus(cli: Cli): void {
  const command = cli.program
    .command("status")
    .description("show the bridge that runs in this home and the state of each server");
  withJson(command).action(
    runs(cli, (place, { json = false }: { json?: boolean }) => status({ ...place, json })),
  );
}

function addTools(cli: Cli): void {
  cli.program
    .command("tools")
    .description("list every tool as clients see it")
    .option("--json", "print the definitions as JSON")
    .action(runs(cli, (place, { json = false }: { json?: boolean }) => tools({ ...place, json })));
}

function addConfig(cli: Cli): void {
  const { program, parts } = cli;
  const config = program.command("config").description("look at the configuration, and change it");
  const check = config
    .command("check")
    .description("say what is wrong with it, by file, line and key");
  withJson(check).action(({ json = false }: { json?: boolean }) =>
    parts.setExitCode(checkConfig(() => load(cli), { ...parts, json })),
  );
  const schema = config.command("schema").description("print its JSON Schema, for editors");
  withJson(schema).action(() => parts.setExitCode(printSchema(parts)));
  addPrintConfig(cli, config);
  addConfigValues(cli, config);
}
