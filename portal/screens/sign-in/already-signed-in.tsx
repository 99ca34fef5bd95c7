import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';

/** Somebody is signed in already: there is nothing to do here. */
export function Screen() {
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ to: '/', replace: true });
  }, [navigate]);
  return null;
}
