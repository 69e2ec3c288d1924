export { type Cli, type CliSpec, createCli, type Opened, type ServerCli } from "./create-cli.ts";
export { harmless } from "./harmless.ts";
export type { Place } from "./place.ts";
export { createProgressBar, type ProgressBar } from "./progress-bar.ts";
export { table } from "./table.ts";
export { type CliProcess, openTerminal, type Terminal } from "./terminal.ts";
export { writeWhole } from "./write-whole.ts";
