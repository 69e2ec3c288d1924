import { auditRoutes } from "./audit.ts";
import { cacheRoutes } from "./cache.ts";
import { chainRoutes } from "./chain.ts";
import { configRoutes } from "./config.ts";
import { discoverRoutes } from "./discover.ts";
import { healthRoutes } from "./health.ts";
import { historyRoutes } from "./history.ts";
import { importRoutes } from "./imports.ts";
import { keyRoutes } from "./keys.ts";
import { loginRoutes } from "./login.ts";
import { metricsRoutes } from "./metrics.ts";
import { mountedRoutes } from "./mounted.ts";
import { pinRoutes } from "./pins.ts";
import { reviewRoutes } from "./review.ts";
import type { Route } from "./route.ts";
import { serverRoutes } from "./servers.ts";
import { signInRoutes } from "./sign-ins.ts";
import { toolRoutes } from "./tool.ts";
import { webhookRoutes } from "./webhooks.ts";

/** The REST API. A route that names no part of its path stands before one that does. */
export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...serverRoutes,
  ...importRoutes,
  ...discoverRoutes,
  ...toolRoutes,
  ...chainRoutes,
  ...mountedRoutes,
  ...historyRoutes,
  ...metricsRoutes,
  ...cacheRoutes,
  ...reviewRoutes,
  ...pinRoutes,
  ...webhookRoutes,
  ...signInRoutes,
  ...loginRoutes,
  ...keyRoutes,
  ...auditRoutes,
  ...configRoutes,
];
