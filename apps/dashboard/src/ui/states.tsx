import { type CSSProperties, lazy, type ReactNode, Suspense } from "react";
import { ApiFailure, messageOf } from "../api/failure.ts";
import { leftOutOf } from "../api/tools.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";
import "./states.css";

const OfferAll = lazy(() =>
  import("./offer-all.tsx").then((module) => ({ default: module.OfferAll })),
);

export interface EmptyProps {
  readonly icon?: IconName;
  readonly title: string;
  /** What to do about it. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** There is nothing, and this is what to do. */
export function Empty({ icon = "info", title, children, action }: EmptyProps) {
  return (
    <div className="state">
      <span className="state-icon">
        <Icon name={icon} size={20} />
      </span>
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

export interface ProblemProps {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}

/** It did not work: in the words of the bridge, which say what to do; with a control where it can be done here. */
export function Problem({ error, retry }: ProblemProps) {
  const left = leftOutOf(error);
  if (left !== undefined) {
    return (
      <Suspense fallback={<Skeleton height="22rem" />}>
        <OfferAll {...left} />
      </Suspense>
    );
  }
  const code = error instanceof ApiFailure ? error.code : undefined;
  const isRefused = code === "denied" || code === "unauthenticated";
  return (
    <div className="state" role="alert">
      <span className={isRefused ? "state-icon" : "state-icon state-bad"}>
        <Icon name={isRefused ? "lock" : "alert"} size={20} />
      </span>
      <h3>{isRefused ? "This is not for you to see" : "This did not work"}</h3>
      <p>{messageOf(error)}</p>
      {retry && !isRefused && (
        <Button icon="restart" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Holds the place of what is coming, as large as that will be. */
export function Skeleton({
  height = "1rem",
  width = "100%",
}: {
  readonly height?: string;
  readonly width?: string;
}) {
  return (
    <span
      className="skeleton"
      style={{ height, width } satisfies CSSProperties}
      aria-hidden="true"
    />
  );
}

/** Lines of a list that is coming. */
export function SkeletonLines({
  lines,
  height = "2.5rem",
}: {
  readonly lines: number;
  readonly height?: string;
}) {
  return (
    <div className="skeleton-lines" role="status">
      <span className="visually-hidden">Loading…</span>
      {Array.from({ length: lines }, (_, line) => `line-${line}`).map((key) => (
        <Skeleton key={key} height={height} />
      ))}
    </div>
  );
}

interface Read<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly refetch: () => unknown;
}

export interface LoadedProps<Data> {
  readonly query: Read<Data>;
  /** Of the same size as what comes. */
  readonly skeleton: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** What a query says, or that it is coming, or why not. What was there stays while it is asked again. */
export function Loaded<Data>({ query, skeleton, children }: LoadedProps<Data>) {
  const { data, error, refetch } = query;
  if (data !== undefined) return children(data);
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  return skeleton;
}
