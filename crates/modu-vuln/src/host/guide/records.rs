//! U-64 to U-67: patches and records.

use super::{Item, high, medium};

pub(super) const ITEMS: &[Item] = &[
    high(
        64,
        ["주기적 보안 패치 및 벤더 권고사항 적용", "Security updates"],
        [
            "알려진 흠은 고쳐질 때까지 공격됩니다.",
            "Known faults are attacked until they are mended.",
        ],
        [
            "지원이 끝난 배포판을 바꾸고, 밀린 보안 갱신을 적용하며, 시험과 적용의 기록을 남깁니다.",
            "Replace releases without support, install pending security updates, and keep records of tests and installations.",
        ],
    ),
    medium(
        65,
        ["NTP 및 시각 동기화 설정", "Clocks held against others"],
        [
            "시각이 다르면 여러 기록을 한 사건으로 맞출 수 없습니다.",
            "Records of clocks that differ cannot be put together.",
        ],
        [
            "chrony나 systemd-timesyncd를 켜고 믿을 수 있는 시간 서버를 적습니다.",
            "Switch on chrony or systemd-timesyncd with time servers that you trust.",
        ],
    ),
    medium(
        66,
        ["정책에 따른 시스템 로깅 설정", "Logging by policy"],
        [
            "남지 않은 일은 나중에 밝힐 수 없습니다.",
            "What is not recorded cannot be found out.",
        ],
        [
            "rsyslog(또는 지속 저장하는 journald)를 켜고 인증·커널·예약 작업의 기록을 정책대로 남깁니다.",
            "Run rsyslog (or a persistent journald) and record authentication, kernel and jobs as the policy says.",
        ],
    ),
    medium(
        67,
        [
            "로그 디렉터리 소유자 및 권한 설정",
            "Owner and permissions of logs",
        ],
        [
            "로그를 고칠 수 있으면 흔적을 지울 수 있습니다.",
            "Whoever writes the logs can remove traces.",
        ],
        [
            "로그 폴더와 파일의 소유자를 root(또는 그 서비스)로 하고 파일은 644 이하로 합니다.",
            "Let root (or the service) own folders and files of logs, files with 644 or less.",
        ],
    ),
];
