/** The text format of Prometheus, version 0.0.4: families of series, each a name with labels and a number. */

export type Sample = {
  labels?: Readonly<Record<string, string>>;
  value: number;
  ending?: '_bucket' | '_sum' | '_count';
};

export type Family = {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  samples: readonly Sample[];
};

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (letter) => ESCAPES[letter] ?? letter);

const labelsOf = (labels: Readonly<Record<string, string>> = {}): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

/** A family without samples is left out: nothing is known of it, which is not 0. */
export const expose = (families: readonly Family[]): string =>
  families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value, ending = '' }) => `${name}${ending}${labelsOf(labels)} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');

/** One series without labels; none where its value is not known. */
export const single = (name: string, type: 'counter' | 'gauge', help: string, value: number | undefined): Family => ({
  name,
  type,
  help,
  samples: value === undefined ? [] : [{ value }],
});

/** A series for each value of one label. */
export const split = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): Family => ({
  ...{ name, type, help },
  samples: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })),
});
