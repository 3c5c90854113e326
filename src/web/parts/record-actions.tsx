// What can be done with a record as a whole: edit, share, assign, claim, release, convert, delete.
import {
  CheckOutlined,
  ClockCircleOutlined,
  CloudServerOutlined,
  DeleteOutlined,
  EditOutlined,
  MoreOutlined,
  PrinterOutlined,
  RollbackOutlined,
  SafetyOutlined,
  ShareAltOutlined,
  SwapOutlined,
  UserAddOutlined,
  UserDeleteOutlined,
} from '@ant-design/icons'
import { App, Button, Dropdown } from 'antd'
import { useState, type ReactElement } from 'react'
import { useNavigate } from 'react-router'
import { post, remove } from '../api.ts'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { useAbilities, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import { AccessDrawer } from './access-drawer.tsx'
import { LendDialog } from './lend-dialog.tsx'
import { useNotify } from './notify.ts'
import { isPartial } from './partial.ts'
import { useTaskDone } from './task-lines.tsx'
import { AssignDialog, ConvertDialog, ReleaseDialog, ShareDialog } from './record-dialogs.tsx'

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
  readonly edit: () => void
  readonly changed: (record: RecordAnswer | null) => void
}

type Dialog = 'share' | 'lend' | 'assign' | 'release' | 'convert' | 'access' | null

export const RecordActions = ({ type, record, edit, changed }: Props): ReactElement => {
  const { t, noun } = useText()
  const { modal } = App.useApp()
  const notify = useNotify()
  const go = useNavigate()
  const me = useMe()
  const abilities = useAbilities(type.name)
  const [dialog, setDialog] = useState<Dialog>(null)
  const path = `/api/${type.plural}/${record.id}`
  const close = (): void => setDialog(null)
  const act = async (verb: string, said: string): Promise<void> => {
    const next = await notify.attempt(() => post<RecordAnswer>(`${path}/${verb}`))
    if (next) notify.done(said)
    changed(next ?? null)
  }
  const finish = async (): Promise<void> => {
    await notify.attempt(async () => {
      await remove(`${path}?version=${record.version}`)
      notify.done(t('record.deleted'))
      await go(`/${type.plural}`)
    })
  }
  const drop = (): void => {
    modal.confirm({
      title: t('record.deleteTitle', { what: noun(type.label) }),
      content: t('record.deleteAbout'),
      okText: t('record.delete'),
      okButtonProps: { danger: true, 'data-testid': 'record-delete-run' },
      onOk: finish,
    })
  }
  const done = (next: RecordAnswer | null): void => {
    close()
    changed(next)
  }
  if (record.deletedAt !== null)
    return (
      <Button
        icon={<RollbackOutlined />}
        onClick={() => void act('recover', t('record.recovered'))}
        data-testid="record-recover"
      >
        {t('record.recover')}
      </Button>
    )
  const whole = !isPartial(record, abilities)
  const edits = whole && Object.values(abilities.groups).some((group) => group.edit)
  // Masked values cannot be carried over into an account and a contact.
  const plain = Object.values(record.groups).every((how) => how === 'plain')
  const pooled = type.pool && record.ownerId === null
  // A follow-up or a deal belongs to the person or company it is about: these are erased from there.
  const erasable = ['account', 'contact', 'lead'].includes(type.name) && me.may.includes('erasure.view')
  const more = [
    ...(whole && abilities.share
      ? [
          {
            key: 'lend',
            icon: <ClockCircleOutlined />,
            label: <span data-testid="record-lend">{t('lend.open')}</span>,
          },
        ]
      : []),
    ...(me.may.includes('policy.view')
      ? [
          {
            key: 'access',
            icon: <SafetyOutlined />,
            label: <span data-testid="record-access">{t('access.open')}</span>,
          },
        ]
      : []),
    ...(whole && type.pool && record.ownerId !== null && (record.ownerId === me.id || abilities.assign)
      ? [
          {
            key: 'release',
            icon: <RollbackOutlined />,
            label: <span data-testid="record-release">{t('record.release')}</span>,
          },
        ]
      : []),
    {
      key: 'print',
      icon: <PrinterOutlined />,
      label: <span data-testid="record-print">{t('print.run')}</span>,
    },
    ...(me.may.includes('backup.browse')
      ? [
          {
            key: 'browse',
            icon: <CloudServerOutlined />,
            label: <span data-testid="record-browse">{t('browse.inBackups')}</span>,
          },
        ]
      : []),
    ...(whole && abilities.delete
      ? [
          {
            key: 'delete',
            danger: true,
            icon: <DeleteOutlined />,
            label: <span data-testid="record-delete">{t('record.delete')}</span>,
          },
        ]
      : []),
    ...(erasable
      ? [
          {
            key: 'erase',
            danger: true,
            icon: <UserDeleteOutlined />,
            label: <span data-testid="record-erase">{t('record.erase')}</span>,
          },
        ]
      : []),
  ]
  return (
    <>
      {pooled ? (
        <Button
          type="primary"
          icon={<UserAddOutlined />}
          onClick={() => void act('claim', t('record.claimed'))}
          data-testid="record-claim"
        >
          {t('record.claim')}
        </Button>
      ) : null}
      {type.name === 'lead' && record.values.status !== 'converted' && edits && plain ? (
        <Button icon={<SwapOutlined />} onClick={() => setDialog('convert')} data-testid="record-convert">
          {t('record.convert')}
        </Button>
      ) : null}
      {type.name === 'task' && edits ? <DoneButton path={path} record={record} changed={changed} /> : null}
      {edits ? (
        <Button icon={<EditOutlined />} onClick={edit} data-testid="record-edit-open">
          {t('record.edit')}
        </Button>
      ) : null}
      {whole && abilities.share ? (
        <Button icon={<ShareAltOutlined />} onClick={() => setDialog('share')} data-testid="record-share">
          {t('record.share')}
        </Button>
      ) : null}
      {whole && abilities.assign ? (
        <Button icon={<UserAddOutlined />} onClick={() => setDialog('assign')} data-testid="record-assign">
          {t('record.assign')}
        </Button>
      ) : null}
      {more.length > 0 ? (
        <Dropdown
          trigger={['click']}
          menu={{
            items: more,
            onClick: ({ key }) => {
              if (key === 'lend' || key === 'release' || key === 'access') setDialog(key)
              if (key === 'print') void go(`/${type.plural}/${record.id}/print`)
              if (key === 'browse') void go(`/backup/browse?type=${type.plural}&id=${record.id}`)
              if (key === 'delete') drop()
              if (key === 'erase') void go(`/erasure?type=${type.name}&id=${record.id}`)
            },
          }}
        >
          <Button icon={<MoreOutlined />} aria-label={t('common.more')} data-testid="record-more" />
        </Dropdown>
      ) : null}
      {dialog === 'share' ? <ShareDialog path={path} record={record} close={close} done={done} /> : null}
      {dialog === 'lend' ? <LendDialog type={type} record={record} close={close} /> : null}
      {dialog === 'assign' ? <AssignDialog path={path} type={type} record={record} close={close} done={done} /> : null}
      {dialog === 'release' ? <ReleaseDialog path={path} close={close} done={done} /> : null}
      {dialog === 'access' ? (
        <AccessDrawer type={type} record={record} title={titleOf(type, record)} close={close} />
      ) : null}
      {dialog === 'convert' ? <ConvertDialog path={path} record={record} close={close} done={done} /> : null}
    </>
  )
}

const DoneButton = ({
  path,
  record,
  changed,
}: {
  path: string
  record: RecordAnswer
  changed: (record: RecordAnswer | null) => void
}): ReactElement => {
  const { t } = useText()
  const toggle = useTaskDone()
  const done = record.values.done === true
  return (
    <Button icon={<CheckOutlined />} onClick={() => void toggle(path, record).then(changed)} data-testid="record-done">
      {t(done ? 'task.reopen' : 'task.finish')}
    </Button>
  )
}
