import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, release } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'none';
  }
};

/** What a figure was measured on, in one line; the load says whether anything else was going on at the start. */
export const describeMachine = (): string => {
  const processor = `${cpus().length} × ${cpus()[0]?.model.trim() ?? arch()}`;
  const versions = `Linux ${release()}, Node ${process.version}, commit ${commit()}`;
  const load = `load ${loadavg()[0]?.toFixed(1)} before the start`;
  return `${new Date().toISOString().slice(0, 10)}, ${processor}, ${versions}, ${load}`;
};
