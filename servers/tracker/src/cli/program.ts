import { createCli, type ServerCli } from "@trestle/cli";
import { type Config, config } from "../config.ts";
import { server } from "../server.ts";
import { addAgent } from "./agent.ts";
import { addAsking } from "./asking.ts";
import { addDoctor } from "./doctor.ts";
import { addErrors } from "./errors.ts";
import { addFigures } from "./figures.ts";
import { addFindings } from "./findings.ts";
import { addHealth } from "./health.ts";
import { addIngesting } from "./ingesting.ts";
import { addMoving } from "./moving.ts";
import { createOwn, type Own } from "./own.ts";
import { addReport } from "./report/report.ts";
import { addSetup } from "./setup.ts";
import { addSilence } from "./silence.ts";
import { addTasks } from "./tasks.ts";
import { addWatching } from "./watching.ts";

export const cli: ServerCli = createCli<Config, Own>({
  name: "trestle-tracker",
  description: "What assistants left unfinished, what fails, and how the system is.",
  settings: "--tracker-data-dir <path>, --redis-url <url>",
  server,
  config,
  open: createOwn,
  add(to) {
    // `tasks` has options, and so have the commands below it: each takes what follows its own name.
    to.program.enablePositionalOptions();
    for (const add of [
      addSetup,
      addDoctor,
      addIngesting,
      addWatching,
      addTasks,
      addErrors,
      addAsking,
      addFindings,
      addFigures,
      addHealth,
      addReport,
      addMoving,
      addSilence,
      addAgent,
    ])
      add(to);
  },
});
