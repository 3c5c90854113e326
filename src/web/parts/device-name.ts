// What a browser calls itself, in two words.

/** Browser and system in two words. */
export const deviceName = (agent: string): string => {
  const find = (table: readonly (readonly [RegExp, string])[]): string =>
    table.find(([pattern]) => pattern.test(agent))?.[1] ?? ''
  const browser = find([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/MicroMessenger/, 'WeChat'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
    [/^curl|^node|undici/i, 'API'],
  ])
  const system = find([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux|X11/, 'Linux'],
  ])
  return [browser, system].filter((part) => part !== '').join(' · ') || agent.slice(0, 40) || '—'
}
