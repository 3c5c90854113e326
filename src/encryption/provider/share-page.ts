// The page of a custody share to print, in both languages at once: its holder may read either, years later. Keeps encryption-60.

/** What the page says. */
export interface SharePage {
  readonly number: number
  readonly of: number
  readonly threshold: number
  readonly set: string
  readonly fingerprint: string
  readonly holder: string
  readonly blocks: readonly string[]
}

/** The page. Lines that hold nothing but blocks are the share; everything else is for people. */
export const sharePage = (share: SharePage): string => {
  const { number, of, threshold, set, fingerprint, holder, blocks } = share
  const rows = [0, 6, 12, 18].map((at) => `    ${blocks.slice(at, at + 6).join('  ')}`)
  return [
    `HOLDFAST CUSTODY SHARE ${number} OF ${of} / 守客（Holdfast）密钥分片 第 ${number} 份，共 ${of} 份`,
    '',
    ...(holder === '' ? [] : [`Holder / 保管人: ${holder}`]),
    `Root key / 根密钥指纹: ${fingerprint}`,
    `Set / 批次: ${set}`,
    '',
    ...rows,
    '',
    `Any ${threshold} shares of this set open the root key; fewer tell nothing about it. Keep this one apart from the others and from`,
    'the server, and give it to nobody. It is used with: holdfast keys unlock',
    `同一批次中任意 ${threshold} 份分片可还原根密钥，少于 ${threshold} 份则得不到任何信息。请与其他分片及服务器分开保管，`,
    '不得交给他人。使用方法：holdfast keys unlock',
    '',
  ].join('\n')
}
