-- MariaDB does not have this charset.
DROP DATABASE {db}__codes;
