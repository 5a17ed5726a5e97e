//! U-01 to U-13: accounts.

use super::{Item, high, low, medium};

pub(super) const ITEMS: &[Item] = &[
    high(
        1,
        ["root 계정 원격 접속 제한", "Remote login as root"],
        [
            "root로 바로 들어올 수 있으면 이름을 아는 채로 비밀번호나 열쇠 하나만 맞히면 되고, 누가 들어왔는지 남지 않습니다.",
            "Whoever may log in as root needs to guess only one secret for a known name, and leaves no trace of who it was.",
        ],
        [
            "sshd가 읽는 파일 가운데 가장 먼저 나오는 곳에 `PermitRootLogin no`를 두고, Match 블록과 시작 옵션에서 다시 풀지 않았는지 `sshd -T`로 확인한 뒤 sshd를 다시 읽게 합니다.",
            "Put `PermitRootLogin no` where sshd reads it first, see with `sshd -T` that no Match block or start option lifts it, and reload sshd.",
        ],
    ),
    high(
        2,
        ["비밀번호 관리정책 설정", "Password policy"],
        [
            "짧고 단순하며 바뀌지 않는 비밀번호는 결국 맞혀집니다.",
            "Short, simple passwords that never change are guessed in the end.",
        ],
        [
            "pam_pwquality로 8자 이상과 문자 종류를 강제하고(root 포함), pam_pwhistory로 최근 4개를 막고, login.defs와 이미 있는 계정(chage)에 최대 90일·최소 1일을 적용합니다.",
            "Demand 8 characters of mixed kinds by pam_pwquality (root too), refuse the last 4 by pam_pwhistory, and set at most 90 and at least 1 day in login.defs and, by chage, for accounts that exist.",
        ],
    ),
    high(
        3,
        ["계정 잠금 임계값 설정", "Lockout after failed logins"],
        [
            "실패를 세지 않으면 비밀번호를 끝없이 대입해 볼 수 있습니다.",
            "Where failures are not counted, passwords can be tried without end.",
        ],
        [
            "pam_faillock을 preauth와 authfail 두 곳에 모두 두고, 실패한 인증이 실제로 authfail에 닿는 순서로 놓은 뒤 deny를 10 이하로 합니다.",
            "Use pam_faillock both as preauth and authfail, in an order in which a failed login does reach authfail, with deny at most 10.",
        ],
    ),
    high(
        4,
        ["비밀번호 파일 보호", "Passwords kept in the shadow file"],
        [
            "/etc/passwd는 누구나 읽으므로 그 안의 해시는 모두에게 공개된 것과 같습니다.",
            "Everybody reads /etc/passwd, so a hash in it is public.",
        ],
        [
            "`pwconv`로 해시를 /etc/shadow로 옮기고 둘째 칸이 모두 x인지 봅니다.",
            "Move hashes to /etc/shadow with `pwconv`, and see that every second field is x.",
        ],
    ),
    high(
        5,
        ["root 이외의 UID가 '0' 금지", "No other account with UID 0"],
        [
            "UID가 0이면 이름이 무엇이든 root입니다.",
            "UID 0 is root, whatever the name.",
        ],
        [
            "그 계정에 겹치지 않는 UID를 주거나(`usermod -u`) 지웁니다.",
            "Give the account a UID of its own (`usermod -u`) or delete it.",
        ],
    ),
    high(
        6,
        ["사용자 계정 su 기능 제한", "Who may use su"],
        [
            "모든 사용자가 su를 쓸 수 있으면 root 비밀번호 하나가 마지막 벽입니다.",
            "If every user may use su, root's password is the last wall.",
        ],
        [
            "/etc/pam.d/su의 auth에 `required pam_wheel.so use_uid`를 비밀번호 확인보다 앞에 두고, wheel 그룹에 관리자만 남깁니다.",
            "Put `auth required pam_wheel.so use_uid` into /etc/pam.d/su before the password is asked, and keep only administrators in wheel.",
        ],
    ),
    low(
        7,
        ["불필요한 계정 제거", "Accounts that nobody needs"],
        [
            "쓰지 않는 계정은 아무도 지켜보지 않는 문입니다.",
            "An unused account is a door that nobody watches.",
        ],
        [
            "쓰임과 담당자를 적을 수 없는 계정은 잠그거나(`usermod -L -s /usr/sbin/nologin`) 지웁니다.",
            "Lock (`usermod -L -s /usr/sbin/nologin`) or delete each account for which no use and owner can be named.",
        ],
    ),
    medium(
        8,
        [
            "관리자 그룹에 최소한의 계정 포함",
            "As few accounts as possible in administrators' groups",
        ],
        [
            "관리자 그룹의 계정은 시스템 파일을 읽고 바꿀 수 있습니다.",
            "Members of administrators' groups may read and change the system's files.",
        ],
        [
            "root, wheel, sudo, admin 그룹에서 관리자가 아닌 계정을 뺍니다(`gpasswd -d`).",
            "Take everybody who is no administrator out of root, wheel, sudo and admin (`gpasswd -d`).",
        ],
    ),
    low(
        9,
        [
            "계정이 존재하지 않는 GID 금지",
            "Groups without accounts, accounts without groups",
        ],
        [
            "주인 없는 그룹의 파일은 나중에 그 번호를 받는 사람의 것이 됩니다.",
            "Files of a group without owner become those of whoever gets its number next.",
        ],
        [
            "구성원이 없는 일반 그룹은 `groupdel`로 지우고, 없는 그룹을 가리키는 계정은 고칩니다.",
            "Delete ordinary groups without members (`groupdel`) and mend accounts whose group does not exist.",
        ],
    ),
    medium(
        10,
        ["동일한 UID 금지", "No UID twice"],
        [
            "UID가 같은 두 계정은 서로의 파일을 쓰고, 기록에서 구별되지 않습니다.",
            "Two accounts of one UID own each other's files and cannot be told apart in records.",
        ],
        [
            "겹치는 계정에 새 UID를 주고 파일의 소유자를 옮깁니다.",
            "Give one of them a new UID and hand its files over.",
        ],
    ),
    low(
        11,
        ["사용자 Shell 점검", "Shells of accounts that need none"],
        [
            "로그인할 일이 없는 계정에 셸이 있으면 뚫린 서비스가 곧 대화형 접속이 됩니다.",
            "A shell turns a broken service account into an interactive login.",
        ],
        [
            "로그인하지 않는 계정의 셸을 /usr/sbin/nologin으로 바꿉니다(`usermod -s`).",
            "Set /usr/sbin/nologin for accounts that never log in (`usermod -s`).",
        ],
    ),
    low(
        12,
        ["세션 종료 시간 설정", "Idle sessions end"],
        [
            "자리를 비운 사이 열려 있는 세션은 지나가는 사람의 것입니다.",
            "A session left open belongs to whoever walks by.",
        ],
        [
            "/etc/profile.d/의 파일 하나에 조건 없이 `readonly TMOUT=600; export TMOUT`을 두고, csh를 쓰면 autologout도 10분 이하로 둡니다.",
            "Put `readonly TMOUT=600; export TMOUT` without condition into a file of /etc/profile.d, and autologout of at most 10 minutes where csh is used.",
        ],
    ),
    medium(
        13,
        [
            "안전한 비밀번호 암호화 알고리즘 사용",
            "Strong password hashes",
        ],
        [
            "DES나 MD5 해시는 오늘날의 계산기로 금방 풀립니다.",
            "DES and MD5 hashes fall quickly to today's machines.",
        ],
        [
            "pam_unix와 login.defs를 yescrypt나 sha512로 하고, 약한 해시가 남은 계정은 비밀번호를 바꾸게 합니다.",
            "Use yescrypt or sha512 in pam_unix and login.defs, and have accounts with weak hashes change their passwords.",
        ],
    ),
];
