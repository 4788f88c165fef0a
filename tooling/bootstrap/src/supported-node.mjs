// @ts-check
/**
 * Whether a Node version lies in a range of `engines.node`, written with the forms this project uses: `^22.22 || ^24 || >=26`.
 * @param {string} version like `24.21.0`
 * @param {string} range
 * @returns {boolean}
 * @throws {RangeError} when the range has another form
 */
export function satisfies(version, range) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const match = /^(\^|>=)(\d+)(?:\.(\d+))?$/.exec(part.trim());
    if (!match) throw new RangeError(`engines.node: cannot read "${part.trim()}"; use ^MAJOR, ^MAJOR.MINOR or >=MAJOR`);
    const floor = { major: Number(match[2]), minor: Number(match[3] ?? 0) };
    if (major === floor.major) return minor >= floor.minor;
    return match[1] === '>=' && major > floor.major;
  });
}
