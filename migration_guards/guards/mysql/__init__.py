"""What MySQL and MariaDB alone make dangerous."""
