import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** A part of the path, by its name in the table of pages: `useParam("tool")` on `/tools/$tool`. */
export function useParam(name: string): string {
  const params = useParams({ strict: false }) as Readonly<Record<string, string | undefined>>;
  return params[name] ?? "";
}

export type Search = Readonly<Record<string, string | undefined>>;

/** What follows the `?`: filters and chosen tabs belong there, so that a page can be sent to somebody. */
export function useSearchState(): readonly [Search, (changes: Search) => void] {
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>;
  const navigate = useNavigate();
  const change = useCallback(
    (changes: Search) => {
      void navigate({
        to: ".",
        search: ((before: Search) => without({ ...before, ...changes })) as never,
        replace: true,
      });
    },
    [navigate],
  );
  const read = Object.fromEntries(
    Object.entries(search).map(([name, value]) => [name, String(value)]),
  );
  return [read, change];
}

/** Goes to a page by its address below the prefix, with or without a query. */
export function useGo(): (to: string) => void {
  const navigate = useNavigate();
  return useCallback(
    (to) => {
      const [path = "/", query = ""] = to.split("?");
      const search = Object.fromEntries(new URLSearchParams(query));
      void navigate({ to: path as never, search: search as never });
    },
    [navigate],
  );
}

function without(search: Search): Search {
  return Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined && value !== ""),
  );
}
