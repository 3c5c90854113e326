// The tree of keys drawn: the root on the left, what it wraps to its right, what that wraps further right; each with age, state and suite.
import {
  BankOutlined,
  FileSearchOutlined,
  FormOutlined,
  IdcardOutlined,
  SafetyOutlined,
  SignatureOutlined,
} from '@ant-design/icons'
import { Button } from 'antd'
import { useState, type ReactElement, type ReactNode } from 'react'
import type { KeyStatesAnswer, KeyTreeAnswer } from '../contract.ts'
import { ago, instant, whole } from '../format.ts'
import { useMay } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { DestroyEpoch } from './destroy-epoch.tsx'
import { Panel } from './page-head.tsx'

interface Props {
  readonly tree: KeyTreeAnswer
  readonly states: KeyStatesAnswer
  readonly busy: boolean
}

type Epoch = KeyStatesAnswer['epochs'][number]

export const KeyTree = ({ tree, states, busy }: Props): ReactElement => {
  const { t, language } = useText()
  const [all, setAll] = useState(false)
  const [primary, ...others] = tree.roots
  const standing = states.epochs.filter((epoch) => epoch.state !== 'destroyed')
  const gone = states.epochs.filter((epoch) => epoch.state === 'destroyed')
  const shown = [...(all ? states.epochs : standing)].reverse()
  return (
    <Panel
      title={t('keys.tree')}
      flush
      data-testid="keys-tree"
      extra={
        gone.length > 0 ? (
          <Button size="small" onClick={() => setAll(!all)} aria-expanded={all} data-testid="keys-gone">
            {all ? t('keyTree.hideGone') : t('keyTree.showGone', { count: gone.length })}
          </Button>
        ) : null
      }
    >
      <div className="kt-box">
        <ul className="kt" aria-label={t('keys.tree')}>
          <li>
            <Node
              icon={<BankOutlined />}
              name={t('keyTree.root')}
              state={tree.provider.answers ? 'active' : 'silent'}
              word={tree.provider.answers ? t('keyTree.answers') : t('keyTree.silent')}
              tone="root"
            >
              <p>{textOr(`keyTree.kept.${primary?.protection ?? ''}`, primary?.kind ?? '')}</p>
              {primary?.shares ? (
                <p>{t('keyTree.kOfN', { k: primary.shares.threshold, n: primary.shares.of })}</p>
              ) : null}
              <p className="mono break">{primary?.fingerprint}</p>
              <Age at={primary?.created ?? ''} />
              {others.map((old) => (
                <p key={old.fingerprint} className="kt-warn">
                  {t('keyTree.oldRoot')} <span className="mono">{old.fingerprint}</span>
                </p>
              ))}
            </Node>
            <ul>
              {shown.map((epoch) => (
                <EpochNode key={epoch.epoch} epoch={epoch} tree={tree} busy={busy} />
              ))}
              <li>
                <Node
                  icon={<FileSearchOutlined />}
                  name={t('keyTree.index', { number: tree.index.generation })}
                  state="active"
                  word={t('keys.epochState.active')}
                >
                  <p>
                    HMAC-{tree.index.hash.toUpperCase()} · {t(`dataMap.storage.${tree.index.storage}`)}
                  </p>
                  <Age at={tree.index.createdAt} />
                  {tree.index.building === null ? null : (
                    <p className="kt-warn">{t('keyTree.building', { number: tree.index.building })}</p>
                  )}
                </Node>
              </li>
              <li>
                <Node
                  icon={<SignatureOutlined />}
                  name={t('keyTree.named')}
                  state="active"
                  word={whole(tree.named.length, language)}
                >
                  <ul className="kt-list">
                    {tree.named.map((key) => (
                      <li key={`${key.kind}.${key.name}`}>
                        {textOr(`keyTree.name.${key.kind}-${key.name}`, key.name)}
                        <span className="quiet"> {key.algorithm}</span>
                      </li>
                    ))}
                  </ul>
                </Node>
              </li>
            </ul>
          </li>
          {tree.recipients.map((one) => (
            <li key={one.fingerprint} className="kt-apart">
              <Node
                icon={<SafetyOutlined />}
                name={t('keyTree.recipient')}
                state={one.held ? 'silent' : 'active'}
                word={one.held ? t('keyTree.held') : t('keyTree.away')}
              >
                <p>HPKE X25519 · {t('keyTree.recipientAbout')}</p>
                <p className="mono break">{one.fingerprint}</p>
              </Node>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  )
}

const EpochNode = ({ epoch, tree, busy }: { epoch: Epoch; tree: KeyTreeAnswer; busy: boolean }): ReactElement => {
  const { t, language } = useText()
  const may = useMay()
  const [asked, setAsked] = useState(false)
  const under = tree.dataKeys.filter((keys) => keys.epoch === epoch.epoch)
  const ended = epoch.destroyedAt ?? epoch.retiredAt
  return (
    <li data-testid={`keys-epoch-${String(epoch.epoch)}`} data-state={epoch.state}>
      <Node
        icon={<IdcardOutlined />}
        name={t('keyTree.epoch', { number: epoch.epoch })}
        state={epoch.state}
        word={textOr(`keys.epochState.${epoch.state}`, epoch.state)}
      >
        <p>
          {epoch.suite}
          {epoch.profile === null ? null : <> · {textOr(`keyTree.profile.${epoch.profile}`, epoch.profile)}</>}
        </p>
        <Age at={epoch.createdAt} />
        {ended === null ? null : (
          <p className="quiet">
            {t(epoch.destroyedAt === null ? 'keyTree.retired' : 'keyTree.destroyed', { at: instant(ended, language) })}
          </p>
        )}
        {epoch.state === 'decrypt-only' && may('keys.rotate') ? (
          <Button
            size="small"
            danger
            disabled={busy}
            onClick={() => setAsked(true)}
            data-testid={`keys-destroy-${String(epoch.epoch)}`}
          >
            {t('keyActions.destroy')}
          </Button>
        ) : null}
      </Node>
      {epoch.state === 'destroyed' ? null : (
        <ul>
          {under.map((keys) => (
            <li key={keys.suite}>
              <Node
                icon={<IdcardOutlined />}
                name={t('keyTree.data')}
                state="active"
                word={whole(keys.current + keys.older, language)}
              >
                <p>{keys.suite}</p>
                <p>
                  {t('keyTree.generations', {
                    current: whole(keys.current, language),
                    older: whole(keys.older, language),
                  })}
                </p>
                <p className="quiet" title={`${instant(keys.oldest, language)} – ${instant(keys.newest, language)}`}>
                  {t('keyTree.between', { oldest: ago(keys.oldest, language), newest: ago(keys.newest, language) })}
                </p>
              </Node>
            </li>
          ))}
          <li>
            <Node
              icon={<FormOutlined />}
              name={t('keyTree.capture')}
              state={epoch.state}
              word={textOr(`keys.epochState.${epoch.state}`, epoch.state)}
            >
              <p>{epoch.captureSuite}</p>
            </Node>
          </li>
        </ul>
      )}
      {asked ? <DestroyEpoch epoch={epoch.epoch} close={() => setAsked(false)} /> : null}
    </li>
  )
}

const Node = ({
  icon,
  name,
  state,
  word,
  tone,
  children,
}: {
  icon: ReactNode
  name: string
  state: string
  word: string
  tone?: string
  children: ReactNode
}): ReactElement => (
  <div className="kt-node" data-state={state} data-tone={tone}>
    <div className="kt-head">
      <span aria-hidden="true">{icon}</span>
      <b>{name}</b>
      <span className="state" data-state={state}>
        {word}
      </span>
    </div>
    {children}
  </div>
)

const Age = ({ at }: { at: string }): ReactElement => {
  const { t, language } = useText()
  return (
    <p className="quiet" title={instant(at, language)}>
      {t('keyTree.made', { ago: ago(at, language) })}
    </p>
  )
}
