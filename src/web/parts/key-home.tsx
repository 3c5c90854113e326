// Where the root key lives: its provider and whether it answers, who holds shares of it, its recovery sheet, and the commands that move it.
import { DownloadOutlined, FileProtectOutlined } from '@ant-design/icons'
import { Alert, Button, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { keep, post } from '../api.ts'
import type { KeyTreeAnswer, SheetAnswer } from '../contract.ts'
import { day } from '../format.ts'
import { useMay } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { Command } from './command.tsx'
import { useDuration } from './key-jobs.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { useStepUp } from './step-up.tsx'
import '../style/outside.css'

export const KeyHome = ({ tree }: { tree: KeyTreeAnswer }): ReactElement => {
  const { t } = useText()
  const may = useMay()
  const duration = useDuration()
  const [sheet, setSheet] = useState(false)
  const { provider, roots } = tree
  const [root] = roots
  return (
    <div className="two">
      <Panel
        title={t('keyHome.title')}
        data-testid="keys-provider"
        extra={
          may('keys.rotate') && (root?.protection === 'machine' || root?.protection === 'passphrase') ? (
            <Button
              size="small"
              icon={<FileProtectOutlined />}
              onClick={() => setSheet(true)}
              data-testid="keys-sheet-open"
            >
              {t('keyHome.sheet')}
            </Button>
          ) : null
        }
      >
        <div className="stack">
          <dl className="facts">
            <div>
              <dt>{t('keyHome.provider')}</dt>
              <dd>{textOr(`keyHome.kind.${provider.kind}`, provider.kind)}</dd>
            </div>
            <div>
              <dt>{t('keyHome.state')}</dt>
              <dd>
                <span className="state" data-state={provider.answers ? 'active' : 'silent'}>
                  {t(provider.answers ? 'keyTree.answers' : 'keyTree.silent')}
                </span>
                {provider.kind === 'file' ? null : <span className="quiet"> {provider.tookMs} ms</span>}
                {provider.error === null ? null : <span className="mono small"> {provider.error}</span>}
              </dd>
            </div>
            <div>
              <dt>{t('keyHome.lease')}</dt>
              <dd>
                {provider.lease === null
                  ? t('keyHome.noLease')
                  : t('keyHome.leaseIs', {
                      age: provider.lease.ageSeconds === null ? '–' : duration(provider.lease.ageSeconds),
                      max: duration(provider.lease.maxSeconds),
                      kept: provider.lease.kept,
                    })}
              </dd>
            </div>
          </dl>
          {root?.shares ? <Holders shares={root.shares} /> : <p className="quiet">{t('keyHome.noShares')}</p>}
        </div>
      </Panel>
      <Panel title={t('keyHome.commands')} data-testid="keys-commands">
        <p className="quiet small">{t('keyHome.commandsAbout')}</p>
        <dl className="commands">
          <Command
            what={t('keyHome.makeShares')}
            text="npx holdfast keys shares create --threshold 2 --of 3 --holders NAME,NAME,NAME --out DIR"
          />
          {root?.shares ? (
            <Command
              what={t('keyHome.rotateShares')}
              text={`npx holdfast keys rotate root --shares FILES --threshold ${String(root.shares.threshold)} --of ${String(root.shares.of)} --holders ${root.shares.holders.map((one) => (one === '' ? 'NAME' : one)).join(',')} --out DIR`}
            />
          ) : null}
          <Command what={t('keyHome.moveOut')} text="npx holdfast keys provider move --to provider.json" />
          {root?.protection === 'provider' ? (
            <Command what={t('keyHome.moveBack')} text="npx holdfast keys provider move --to file" />
          ) : null}
          <Command what={t('keyHome.show')} text="npx holdfast keys provider show" />
        </dl>
      </Panel>
      {sheet ? <SheetDialog close={() => setSheet(false)} /> : null}
    </div>
  )
}

const Holders = ({ shares }: { shares: NonNullable<KeyTreeAnswer['roots'][number]['shares']> }): ReactElement => {
  const { t } = useText()
  return (
    <div data-testid="keys-holders">
      <p>
        {t('keyTree.kOfN', { k: shares.threshold, n: shares.of })}
        <span className="quiet small">
          {' '}
          {t('keyHome.set')} <span className="mono">{shares.set}</span>
        </span>
      </p>
      <ol className="holders">
        {Array.from({ length: shares.of }, (_, i) => {
          const name = shares.holders[i] ?? ''
          return (
            <li key={i}>
              <small>{i + 1}</small>
              {name === '' ? <span className="quiet">{t('keyHome.noName')}</span> : name}
            </li>
          )
        })}
      </ol>
    </div>
  )
}

/** The recovery sheet once more, behind the password. */
const SheetDialog = ({ close }: { close: () => void }): ReactElement => {
  const { t, both, language } = useText()
  const notify = useNotify()
  const stepUp = useStepUp()
  const [busy, setBusy] = useState(false)
  const [sheet, setSheet] = useState<SheetAnswer | null>(null)
  const run = async (): Promise<void> => {
    setBusy(true)
    const found = await notify.attempt(() => post<SheetAnswer>('/api/keys/sheet', stepUp.proof))
    setBusy(false)
    stepUp.forget()
    if (found) setSheet(found)
  }
  const save = (found: SheetAnswer): void =>
    keep(new Blob([both(found.text)], { type: 'text/plain;charset=utf-8' }), 'holdfast-recovery-sheet.txt')
  return (
    <Modal
      open
      width={640}
      title={t('keyHome.sheetTitle')}
      onCancel={close}
      footer={
        sheet ? (
          <>
            <Button icon={<DownloadOutlined />} onClick={() => save(sheet)}>
              {t('setup.download')}
            </Button>
            <Button type="primary" onClick={close}>
              {t('common.close')}
            </Button>
          </>
        ) : (
          <Button
            type="primary"
            disabled={!stepUp.ready}
            loading={busy}
            onClick={() => void run()}
            data-testid="keys-sheet-run"
          >
            {t('keyHome.sheetShow')}
          </Button>
        )
      }
    >
      {sheet ? (
        <div className="sheet" data-testid="keys-sheet">
          <dl>
            <dt>{t('setup.sheetFingerprint')}</dt>
            <dd className="mono">{sheet.fingerprint}</dd>
            <dt>{t('setup.sheetCreated')}</dt>
            <dd>{day(sheet.created, language)}</dd>
          </dl>
          <ol className="sheet-blocks">
            {sheet.blocks.map((block, index) => (
              <li key={`${String(index)}${block}`}>
                <small>{index + 1}</small>
                {block}
              </li>
            ))}
          </ol>
          <p className="small quiet">{t('setup.sheetUse')}</p>
        </div>
      ) : (
        <div className="stack">
          <Alert type="warning" showIcon title={t('keyHome.sheetAbout')} />
          {stepUp.field(() => void run())}
        </div>
      )}
    </Modal>
  )
}
