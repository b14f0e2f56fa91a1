#!/usr/bin/env bash
# Holds the dashboards against the types that Grafana publishes for them (@grafana/schema on npm). Not part of ./check:
# it fetches 100 MB. Usage: tests/e2e/dashboards_schema.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund @grafana/schema@13 typescript@5 > "$dir/npm.log" 2>&1 ||
  { echo "SKIPPED: npm cannot fetch the types"; exit 77; }
for name in host fleet; do
  # A JSON file holds text where the types want members of an enumeration: `Plain` lets their text stand for them. What a
  # data source adds to an annotation is not in the types.
  cat > "$dir/$name.ts" <<END_OF_TYPES
import type { AnnotationQuery, Dashboard } from './node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen';
type Plain<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T
  : T extends (infer U)[] ? Plain<U>[] : unknown extends T ? T : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Annotation = Plain<AnnotationQuery> & { expr: string; step: string; titleFormat: string; textFormat: string };
type Board = Omit<Plain<Dashboard>, 'annotations'> & { annotations: { list: Annotation[] } };
export const dashboard: Board = $(cat "etc/grafana/$name.json");
END_OF_TYPES
done
(cd "$dir" && node_modules/.bin/tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler \
  --target es2022 host.ts fleet.ts)
version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$dir/node_modules/@grafana/schema/package.json")
echo "Both dashboards are what Grafana $version takes."
