import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { pid, platform, versions } from "node:process";
import { readOwner } from "@trestle/store";
import { checkNode } from "@trestle-mcp/server-kit/node-version";
import type { Look } from "./check.ts";

const OLDEST_NODE = "22.13";
const MEGABYTE = 1024 * 1024;
const LITTLE_ROOM = 500 * MEGABYTE;
const NO_ROOM = 50 * MEGABYTE;
/** A clock that is moved by more makes ends come before beginnings. */
const MOST_DRIFT_MS = 5_000;

export const nodeVersion: Look = () => {
  const next = checkNode(versions.node, OLDEST_NODE);
  const check = { name: "node", message: `Node ${versions.node}` };
  return next === undefined ? { ...check, status: "ok" } : { ...check, status: "fail", next };
};

export const homePermissions: Look = async ({ live }) => {
  const name = "home";
  const { home } = live.current();
  const folder = join(home, "bridge");
  const { mode } = await stat(folder);
  const message = `${folder} has the mode ${(mode & 0o777).toString(8)}`;
  if (platform === "win32" || (mode & 0o077) === 0) return { name, status: "ok", message };
  const next = `Others on this machine may look into it: chmod 700 ${folder}`;
  return { name, status: "warn", message, next };
};

export const diskRoom: Look = async ({ live }) => {
  const { home } = live.current();
  const { bavail, bsize } = await statfs(home);
  const room = bavail * bsize;
  const message = `${Math.floor(room / MEGABYTE)} MB are free where ${home} is`;
  if (room >= LITTLE_ROOM) return { name: "disk", status: "ok", message };
  const status = room < NO_ROOM ? "fail" : "warn";
  const next = "Make room: calls that may have effects are written down before they are sent.";
  return { name: "disk", status, message, next };
};

export const lock: Look = ({ live }) => {
  const name = "lock";
  const folder = join(live.current().home, "bridge");
  const owner = readOwner(folder);
  if (owner?.pid === pid) return { name, status: "ok", message: `this bridge owns ${folder}` };
  const holder = owner === undefined ? "nobody" : `the process ${owner.pid}`;
  const message = `${folder} is owned by ${holder}, and this is the process ${pid}`;
  return { name, status: "fail", message, next: "Stop all bridges of this home, then start one." };
};

export const clockDrift: Look = ({ clock }) => {
  const drift = Math.abs(Date.now() - performance.timeOrigin - performance.now());
  const message = `the clock says ${new Date(clock.now()).toISOString()}`;
  if (drift <= MOST_DRIFT_MS) return { name: "clock", status: "ok", message };
  const moved = `${message}; it was set by ${Math.round(drift / 1000)} s since the bridge started`;
  const next = "Keep it by NTP: limits, caches and keys go by it.";
  return { name: "clock", status: "warn", message: moved, next };
};
