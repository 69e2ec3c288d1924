import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiFailure } from "./api/failure.ts";
import { FeedProvider } from "./feed/feed-provider.tsx";
import { shareNonce } from "./lib/nonce.ts";
import { router } from "./router.tsx";
import { SessionGate } from "./session/session.tsx";
import { readTheme, showTheme } from "./shell/theme.ts";
import { ToastsProvider } from "./ui/toasts.tsx";
import "./styles/base.css";

/** What may have been a passing fault of the connection. */
const MOST_TRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (tries, error) =>
        tries < MOST_TRIES &&
        error instanceof ApiFailure &&
        (error.status === 0 || error.status >= 500),
    },
  },
});

shareNonce();
showTheme(readTheme());
const place = document.getElementById("app");
if (place === null) throw new Error("The page has no place for the dashboard.");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <ToastsProvider>
        <SessionGate>
          <FeedProvider>
            <RouterProvider router={router} />
          </FeedProvider>
        </SessionGate>
      </ToastsProvider>
    </QueryClientProvider>
  </StrictMode>,
);
