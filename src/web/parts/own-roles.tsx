// The house's own roles above the matrix: who holds each, what it was copied from; described otherwise here, or retired once nobody holds it.
import { PlusOutlined } from '@ant-design/icons'
import { Button, Form, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import type { MatrixAnswer, RoleMade } from '../contract.ts'
import { useText } from '../text.ts'
import { RoleWords, wordsOf } from './role-dialog.tsx'

type Own = MatrixAnswer['roles'][number]
type Described = Omit<RoleMade, 'from'>

interface Props {
  readonly matrix: MatrixAnswer
  readonly mayPropose: boolean
  readonly make: () => void
  /** Made in the draft, not in force yet. */
  readonly fresh: (role: string) => boolean
  /** Whether the draft takes it. */
  readonly describe: (role: Described) => Promise<boolean>
  readonly retire: (role: string) => Promise<boolean>
}

export const OwnRoles = ({ matrix, mayPropose, make, fresh, describe, retire }: Props): ReactElement | null => {
  const { t, both } = useText()
  const [open, setOpen] = useState<string>()
  const own = matrix.roles.filter((role) => role.own !== null)
  if (own.length + matrix.retired.length === 0 && !mayPropose) return null
  const shown = own.find(({ name }) => name === open)
  return (
    <div className="own-roles" data-testid="own-roles">
      <span className="quiet small">{t('matrix.role.own')}</span>
      {own.map(({ name, label, own: said }) => (
        <Button key={name} size="small" onClick={() => setOpen(name)} data-testid={`own-role-${name}`}>
          {both(label)}
          <span className="quiet small">
            {fresh(name) ? t('matrix.role.fresh') : t('matrix.role.people', { count: said?.people ?? 0 })}
          </span>
        </Button>
      ))}
      {mayPropose ? (
        <Button size="small" type="dashed" icon={<PlusOutlined />} onClick={make} data-testid="role-new">
          {t('matrix.role.new')}
        </Button>
      ) : null}
      {matrix.retired.length > 0 ? (
        <span className="quiet small" data-testid="own-roles-retired">
          {t('matrix.role.retired', {
            names: matrix.retired.map(({ label }) => both(label)).join(t('common.listComma')),
          })}
        </span>
      ) : null}
      {shown ? (
        <OwnRole
          key={shown.name}
          role={shown}
          mayPropose={mayPropose}
          fresh={fresh(shown.name)}
          describe={describe}
          retire={retire}
          close={() => setOpen(undefined)}
        />
      ) : null}
    </div>
  )
}

type Words = Parameters<typeof wordsOf>[0]

interface OneProps extends Pick<Props, 'mayPropose' | 'describe' | 'retire'> {
  readonly role: Own
  readonly fresh: boolean
  readonly close: () => void
}

const OwnRole = ({ role, mayPropose, fresh, describe, retire, close }: OneProps): ReactElement | null => {
  const { t, both } = useText()
  const [form] = Form.useForm<Words>()
  const [busy, setBusy] = useState(false)
  const { name, label, own } = role
  if (!own) return null
  const { people, keys, mappings, loans } = own
  const held = people + keys + mappings + loans > 0
  const act = async (work: () => Promise<boolean>): Promise<void> => {
    setBusy(true)
    const done = await work()
    setBusy(false)
    if (done) close()
  }
  return (
    <Modal open width={560} title={both(label)} onCancel={close} footer={null} data-testid="own-role">
      <div className="stack">
        <p className="quiet">
          {t('matrix.role.copiedFrom', { role: both(own.baseLabel) })} · <span className="mono">{name}</span>
        </p>
        {own.about === null ? null : <p>{both(own.about)}</p>}
        {fresh ? null : (
          <p data-testid="own-role-holders">{t('matrix.role.holders', { people, keys, mappings, loans })}</p>
        )}
        {mayPropose ? (
          <>
            <Form<Words>
              form={form}
              layout="vertical"
              requiredMark={false}
              initialValues={{ ...label, aboutZh: own.about?.zh ?? '', aboutEn: own.about?.en ?? '' }}
              onFinish={(words) => void act(() => describe({ name, ...wordsOf(words) }))}
            >
              <RoleWords />
            </Form>
            <div className="row">
              <Button type="primary" loading={busy} onClick={() => form.submit()} data-testid="own-role-describe">
                {t('matrix.role.describe')}
              </Button>
              {fresh ? null : (
                <Button
                  danger
                  disabled={held}
                  loading={busy}
                  onClick={() => void act(() => retire(name))}
                  data-testid="own-role-retire"
                >
                  {t('matrix.role.retire')}
                </Button>
              )}
              {fresh ? null : (
                <span className="quiet small">{t(held ? 'matrix.role.heldStill' : 'matrix.role.retireAbout')}</span>
              )}
            </div>
          </>
        ) : null}
      </div>
    </Modal>
  )
}
